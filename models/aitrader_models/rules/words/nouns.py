"""What can move: above zero when more of it is good for a shareholder, below when less is.

The size says how much it matters; zero is for what says nothing however it moves.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aitrader_models.rules.patterns import Phrases, compile_phrases, index_of
from aitrader_models.rules.words.groups import GROUPS

PROFIT: Final = "profit"
LOSS: Final = "loss"
EXPECTED: Final = "expected"
GROWTH: Final = "growth"
FEAR: Final = "fear"
CHARGE: Final = "charge"
JOBS: Final = "jobs"

LISTS: Final = (
    Phrases(
        PROFIT,
        1.3,
        """
        profit, net profit, operating profit, gross profit, earnings, earnings per share, ebit,
        ebita, ebitda, eps, net income, operating income, pretax profit, operating result,
        result, net result, bottom line, margin, operating margin, gross margin, profitability,
        pbt, interest income, trading income, fee income, net interest income, underlying
        profit, taxable profit, surplus, ffo, operating cash flow,
        profit|earnings|result|income|profits before tax|taxes|interest|extraordinary,
        profit|earnings|result|income after tax|taxes|financial, profit for the period, result
        for the period, profit|earnings|result|income before interest and tax|taxes,
        profit|earnings|result before taxes and extraordinary
        """,
    ),
    Phrases(
        LOSS,
        -1.3,
        """
        loss, net loss, operating loss, pretax loss, pre tax loss, losses, credit loss, loan
        loss, loss per share, deficit, operating deficit, shortfall, loss before
        tax|taxes|interest|extraordinary, loss after tax|taxes|financial, loss for the period,
        ebit loss, quarterly loss, loss before interest and tax|taxes
        """,
    ),
    Phrases(
        "sales",
        1.05,
        """
        sales, net sales, revenue, turnover, net revenue, operating revenue, order intake,
        orders received, new orders, order stock, order inflow, stock of orders, order, order
        book, orderbook, order backlog, backlog, bookings, top line, topline, like for like
        sales, same store sales, comps, invoicing, premium income, premiums written, exports,
        export, shipments, deliveries, consumption, sold units, unit sales, retail sales,
        billings, receipts, rental income, net inflow, inflow, subscriptions sold, advertising
        revenue
        """,
    ),
    Phrases(
        "demand",
        1.0,
        """
        demand, market share, volume, output, production, activity, traffic, passenger,
        passenger traffic, passenger number, subscriber, subscription, subs, customer, client,
        user, visitor, member, audience, circulation, cargo, freight, tonnage, occupancy,
        occupancy rate, load factor, utilisation, utilization, utilisation rate, capacity
        utilisation, reservation, trading volume, downloads, listeners, viewers, reader,
        readership, number of <users>|passenger|store|outlet|shop|order|guest
        """,
    ),
    Phrases(
        "value",
        1.0,
        """
        share, stock, share price, stock price, index, indices, equities, futures, price target,
        pt, target price, target, rating, credit rating, valuation, market value, market cap,
        market capitalisation, market capitalization, price, bond, currency, peso, rouble,
        ruble, dividend, payout, distribution, return, roe, roi, return on equity, return on
        investment, return on capital, asset, assets under management, aum, net asset value,
        nav, market, benchmark, composite, average, barrel, crude, oil, gold, copper, metals,
        commodity, value, freight rate, shipping rate, day rate, room rate, charter rate, pound,
        sterling, rupee, lira, rand
        """,
    ),
    Phrases(
        EXPECTED,
        1.0,
        """
        estimate, expectation, forecast, consensus, view, guidance, outlook, prediction,
        projection, est, sales target, earnings estimate, profit forecast, full year outlook
        """,
    ),
    Phrases(
        "strength",
        1.0,
        """
        confidence, sentiment, morale, efficiency, productivity, competitiveness, quality,
        equity ratio, solvency, solvency ratio, cash flow, cash position, balance sheet,
        financial position, market position, position, liquidity, capital ratio, tier # ratio,
        reserves, deposit, lending, purchasing power, income, gdp, economy, employment,
        performance, financial performance, pmi, factory activity, manufacturing, industrial
        output, housing starts, home sales, construction, hiring, wages, spending, investment,
        saving, cost saving, synergy, synergies, capacity, yield per hectare, throughput,
        competitive edge, competitive position, foothold, presence, reputation, momentum, trend,
        working conditions, pace, durable goods, industrial production, factory order, network,
        product range, range, selection, fleet, store network, offering
        """,
    ),
    Phrases(
        GROWTH,
        1.0,
        """
        growth, sales growth, profit growth, net sales growth, earnings growth, revenue growth,
        economic growth, growth rate, expansion
        """,
    ),
    Phrases(
        JOBS,
        0.9,
        """
        job, workforce, headcount, staff, personnel, employee, worker, payrolls, position cut
        """,
    ),
    Phrases(
        "cost",
        -1.0,
        """
        cost, expense, expenditure, raw material cost, raw material price, raw materials price,
        fuel price, fuel cost, fuel bill, energy price, electricity price, input price, input
        cost, price of raw materials, commodity cost, overhead, wage bill, outlay, finance cost,
        financing cost, interest expense, fixed cost, operating expense, freight rate paid,
        churn, combined ratio, cost income ratio, cost to income ratio, lead time, turnaround
        time, delivery time, downtime, waste, scrap rate, energy|fuel|electricity|water|power
        consumption, fuel|energy|water|power|electricity use, emission, complexity, bill, energy
        bill, delivery times, lead times, processing time, manufacturing cost, production cost,
        unit cost, labour cost, personnel cost, personnel expense, rate, working capital,
        inventory days, sick leave, absenteeism, error rate, waiting time, vacancy, grain price,
        cotton price, wood price, scrap price, feed price, gas fee, gas cost, gas price, network
        fee, transaction fee, mining difficulty, power bill, electricity bill, electricity cost
        """,
    ),
    Phrases(
        "burden",
        -1.0,
        """
        debt, net debt, liability, gearing, leverage, indebtedness, borrowings, bad loan, non
        performing loan, unemployment, unemployment rate, jobless rate, jobless claims, claims,
        inflation, outflow, tariff, tax, tax rate, interest rate, risk, risk premium, fee,
        pressure, competition, price competition, price pressure, crime, accident, delinquency,
        spread, short interest, burn rate, cash burn, vacancy rate, dispute, cases, infection,
        deaths, trade deficit, budget deficit, inventory glut, mortgage rate, default rate, loan
        rate, delinquency rate
        """,
    ),
    Phrases(
        CHARGE,
        -1.0,
        """
        impairment, impairment loss, impairment charge, write down, writedown, writeoff, write
        off, bad debt, goodwill impairment, loan loss provision, credit loss provision
        """,
    ),
    Phrases(
        FEAR,
        -1.0,
        """
        fear, worry, concern, uncertainty, volatility, tension, recession, slowdown, downturn,
        default, bankruptcy, insolvency, complaint, shortage, overcapacity, oversupply, crisis,
        panic, turmoil, weakness, doubt
        """,
    ),
    Phrases(
        "ownership",
        0.0,
        """
        stake, holding, shareholding, ownership, ownership interest, interest in, voting right,
        votes, share of votes, share capital, number of shares, shares outstanding, capital
        stock, number of votes, registered capital, shares of stock, price range, subscription
        price, nominal value, exercise price, number of employees, flagging threshold,
        threshold, option rights, warrant, authorised capital, equity stake, portfolio, share of
        voting, share of capital, par value, holder, minority interest, treasury share
        """,
    ),
    Phrases(
        "plain",
        0.0,
        """
        temperature, water level, population, age, speed, length, height, weight, board member,
        number of members, number of directors, maximum amount, page, floor, sea level,
        inventory, inventories, stockpile, crude inventories, capital spending, capital
        expenditure, capex
        """,
    ),
)
NOUNS: Final = index_of(compile_phrases(LISTS, GROUPS))
# What a noun says when nothing moves it.
ALONE: Final[Mapping[str, float]] = MappingProxyType(
    {LOSS: -0.9, GROWTH: 0.6, FEAR: -0.7, CHARGE: -0.9}
)
