"""What is good news by itself, in any kind of text."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

GOOD: Final = (
    Phrases(
        "orders won",
        1.2,
        """
        win~ .. <contract>, bag~ .. <contract>, land~ .. <contract>, clinch~ .. <contract>,
        secure~ .. <contract>, receive~ .. order|contract|mandate, award~ .. <contract>, get~ ..
        order|contract|mandate, obtain~ .. order|contract|mandate, book~ .. order|contract,
        pick~ up .. order|contract, <contract> .. award~ to, order from, contract from, place~
        .. order, sign~ .. contract|order|deal, conclude~ .. contract|deal|agreement, contract
        with .. deliver~|supply~, order for the delivery, order for the supply, order to
        deliver|supply, select~ as .. supplier|partner|vendor|provider|contractor, choose~ as ..
        supplier|partner|vendor|provider|contractor, select~|choose~ by, have~ chosen, has
        chosen, have chosen, has selected, have selected, has ordered, have ordered, win~ ..
        tender|bid, repeat order, follow on order, major order, significant order, new
        order|contract, win~ a|an|the|its, won, winning, exercise~ .. option for, preferred
        supplier, will supply|deliver, to supply, supply~ .. to, to deliver .. to, will provide
        .. to|with, largest|biggest order|contract|deal, order|contract is the largest|biggest,
        largest ever, secure~ .. work|jobs, keep~ .. busy, first customer, win~ ..
        pact|work|business|deal, chosen to deliver|supply|build, has|have been chosen|selected,
        extension of .. agreement|contract|deal, frame agreement, land~ .. customer|client,
        order .. placed by, order was placed, contract was awarded
        """,
    ),
    Phrases(
        "agreements",
        0.9,
        """
        sign~ .. agreement|memorandum|partnership|pact|letter|mou, enter~ into .. agreement,
        enter~ into .. partnership|cooperation, reach~ .. agreement, expand~ ..
        cooperation|partnership|collaboration, deepen~ .. cooperation|partnership, strategic
        partnership, strategic alliance, form~ .. alliance|partnership, join~ forces, team~ up,
        partner~ with, partnership with, tie~ up with, cooperation agreement, framework
        agreement, long term agreement, licensing agreement, distribution agreement,
        collaborate~ with, start~ cooperation, start~ co operation, extend~ .. cooperation, co
        operation agreement, agree~ .. deal|contract|partnership, agree~ to ..
        cooperate|collaborate, extend~ .. <contract>, renew~ .. <contract>, royalty income,
        royalties
        """,
    ),
    Phrases(
        "expansion",
        1.0,
        """
        create~ .. job, hire~ .. employee|staff|people|worker, recruit~ ..
        employee|people|staff, double~ .. capacity, expand~ .. into|to|in, expand~ ..
        operation|network, expand~ its|their, expansion into|of|plan, strengthen~ its|our|their,
        enter~ .. market, gain~ .. foothold, gain~ .. market share, take~ .. market share, win~
        .. market share, ramp~ up .. capacity|production, increase~ its capacity, to full
        capacity, full capacity, open~ .. new .. store|office|plant|factory|market, opening up
        .. market, foothold in, growth opportunity, growth potential, penetrate~, broaden~ ..
        range|offering|portfolio, growth strategy, extend~ its .. reach, continue~ to grow,
        continue~ .. growth, expand~ rapidly, good|great|excellent opportunity, opportunity to
        grow, reopen~, being expanded|extended|enlarged, expand~ .. with|by, is expanding, are
        expanding, to hire, hire~ #|about|some|over|more|new|additional, recruit~
        #|about|some|more|new|additional, new recruits, add~ .. jobs, attract~ ..
        customer|user|visitor|subscriber|investor, gain~|win~|add~ ..
        customer|subscriber|user|client, new customers|clients, opens the way, doubles its
        capacity, add~ .. capacity, open~ .. new store|stores|outlet|branch
        """,
    ),
    Phrases(
        "launches",
        0.7,
        """
        launch~, unveil~, roll~ out, debut~, go~ live, new generation, next generation, state of
        the art, breakthrough, innovative, innovation, patent granted, grant~ .. patent, obtain~
        .. patent, receive~ .. patent, pioneer~
        """,
    ),
    Phrases(
        "new products",
        0.9,
        """
        launch~ .. new, introduce~ .. new, unveil~ .. new, release~ .. new, roll~ out .. new,
        launch~ .. range|service|product|model, add~ .. to its range
        """,
    ),
    Phrases(
        "approval",
        1.2,
        """
        approve~ .. merger|sale|drug|plan|deal, receive~ .. approval|clearance|authorisation,
        get~ .. approval|nod|clearance|green, win~ .. approval|clearance|nod, obtain~ ..
        approval|permit|licence|license|certification|registration, grant~ ..
        approval|licence|license|permit|authorisation, clear~ .. for sale, clear~ ..
        merger|acquisition|deal, clear~ to|by, fda nod, fda approval, green light, greenlight~,
        go ahead, approve~ by the fda, receive~ .. certificate|certification, fast track,
        breakthrough designation, without conditions, meets .. endpoint|goal, met ..
        endpoint|goal, meet~ the main|primary, positive trial|data|result|opinion, successful
        trial|test|completion|launch, trial success, positive phase, fda approve~|clear~|ok
        """,
    ),
    Phrases(
        "profit again",
        1.3,
        """
        swing~ .. to .. profit, return~ .. to .. profit|profitability, turn~ .. to .. profit,
        back in profit, back in|into .. black, into the black, turn~ profitable, become~
        profitable, break even, breakeven, turn~ a profit, move~ into profit, turnaround,
        return~ to growth, back to growth, back to normal, back on track, profitable again,
        swung to .. income, post~ .. surprise profit, loss .. into .. profit, to the black,
        turn~ positive, made a profit, first profit, profit for the first time, first
        quarterly|annual profit, turns its first profit
        """,
    ),
    Phrases(
        "above expectations",
        1.4,
        """
        beat~ .. <expected>, top~ .. <expected>, exceed~ .. <expected>, surpass~ .. <expected>,
        above .. <expected>, ahead of .. <expected>, better than expected, better than forecast,
        better than .. <expected>, more than expected, stronger than expected, higher than
        expected|forecast|anticipated|estimated, unexpectedly good, well above, ahead of
        schedule, ahead of plan, ahead of last|previous|comparable, exceed~
        its|our|the|last|previous, surpass~ its|our|the|last|previous, outperform~, months
        early, faster than planned|expected|dared|anticipated, positive surprise, surprise~
        positively, best .. ever, best .. since|quarter|year, beating last, outpace~, in excess
        of .. <expected>, beat~ by, beats, blowout, crush~ .. <expected>, all time record, a
        record #, new record, to a record, above|exceed~ .. last|previous|prior year, better
        than last|previous|a, clearly above, record
        quarter|year|profit|result|sales|revenue|earnings|order|turnover|month|volume|profits|results,
        record .. profit|sales|revenue|earnings|quarter, smash~ .. <expected>, ahead of the
        same, more than last|the previous|a year, more than last year, above what, twice what,
        better than, busiest, best month|week|day, # % more, consecutive|straight quarter|year
        of .. growth, consecutive .. of .. growth, brighter, snap~ back
        """,
    ),
    Phrases(
        "guidance up",
        1.6,
        """
        raise~ .. <guidance>, lift~ .. <guidance>, boost~ .. <guidance>, hike~ .. <guidance>,
        increase~ .. guidance|forecast|outlook, upgrade~ .. <guidance>, <guidance> .. raise~,
        revise~ .. up|upward|upwards, guide~ above|higher|up, positive profit warning, will
        exceed .. <expected>, upbeat .. outlook|guidance|forecast, bullish outlook, sees ..
        higher than, clearly higher than, clearly better than, improve~ clearly, savings target
        .. increase~, strong guidance, upside guidance, see~ upside
        """,
    ),
    Phrases(
        "upgrades",
        1.5,
        """
        upgrade~, raise~ to buy|overweight|outperform, price target .. raise~|lift~|up, pt ..
        raise~|lift~|up, top pick, strong buy, buy rating, raise~ .. rating, lift~ .. rating,
        raise~ .. long term .. rating, affirm~ .. buy, reiterate~ .. buy|outperform|overweight,
        outlook .. positive from, to buy from, rated buy, rates .. buy, add to buy list, bullish
        on, undervalued, cheap valuation, raise~ .. price target, raise~ .. pt, raise~ .. target
        price, lift~ .. pt|target, boost~ .. pt|target, hike~ .. pt|target, best idea, top idea,
        new buy, attractive valuation, # % upside, see~ .. upside, upside in|to|for,
        lift~|raise~|upgrade~ .. recommendation, to investment grade, changed to positive,
        pt|target bumped|nudged|hiked|boosted|raised|lifted, buy signal, dirt cheap
        """,
    ),
    Phrases(
        "payouts",
        1.1,
        """
        extra dividend, special dividend, raise~ .. dividend, increase~ .. dividend, lift~ ..
        dividend, hike~ .. dividend, boost~ .. dividend, higher dividend, resume~ .. dividend,
        reinstate~ .. dividend, new .. buyback, authorize~ .. buyback, authorise~ .. buyback,
        announce~ .. buyback, dividend increase|hike, buyback plan|program, approve~ ..
        buyback|repurchase, bonus dividend, resume~ .. payout|payouts, raise~ .. payout,
        dividend .. more than
        """,
    ),
    Phrases(
        "savings",
        1.0,
        """
        cost savings|saving, annual saving, save~ .. eur|usd|million|costs|money|time,
        synergies, cost cutting .. progress~, saving of, energy saving|savings, efficient,
        earnings enhancing, accretive, cost effective, cost efficient, cost efficiency, boost~
        .. efficiency|profitability|productivity, improve~ .. efficiency|competitiveness,
        increase~ .. efficiency, strengthen~ .. position|balance, reduces costs, cut~ .. costs,
        economies of scale, more efficient, more efficiently, cuts waste, faster delivery, cut~
        .. bills|consumption|emissions|time|waste, reduce~ ..
        bills|consumption|emissions|time|waste, save~ energy|fuel, shorten~, shortens
        """,
    ),
    Phrases(
        "takeover",
        1.2,
        """
        premium of, premium over|to, # % premium, takeover interest|bid|offer, to be bought, to
        be acquired for|by, buyout offer|bid, bidding war, agreed to be taken|acquired, receives
        .. offer, raise~ .. offer|bid, sweeten~ .. offer|bid, takeover speculation, offer ..
        premium|above, offer valuing, bid valuing
        """,
    ),
    Phrases(
        "strength",
        0.9,
        """
        strong demand, strong growth, robust demand, well positioned, successful, successfully,
        success, prosper~, flourish~, thrive~, holding up well, optimistic, optimism, confident,
        confidence in, satisfied, pleased, good start, encouraging, promising, upbeat,
        excellent, favourable|favorable, profitable, benefit~ from, pay~ off, attractive,
        competitive advantage, award~, honour~|honor~, prize, win win, record breaking, bright
        outlook, boost~ for|to, a boost, positive
        impact|effect|contribution|development|outlook, positively, good progress, growing
        demand, rising demand, growing interest, popular, popularity, best in class, significant
        growth, rapidly growing, fast growing, fastest growing, milestone, full order, break~ ..
        record, long term growth, growth of #, # % growth, growth was #, grow~ by #, market
        leader in growth, competitive edge|advantage, clear edge, well received, welcome~ ..
        product|service|model|solution, positive reception|feedback,
        supplier|employer|product|company .. of the year, named best, profitably, succeed~ in,
        outgrow~, take~ off, with flying colours|colors, exceed~ all, fare~ well|better, sell~
        well, sold out, bumper, shine~, sparkle~, celebrate~, rejoice~, cheer~, praise~, hail~,
        applaud~, smooth|smoothly, flawless|flawlessly, unscathed, in the black|green, positive
        territory, above plan, doing well, gather~ pace|steam|momentum, go~ from strength
        """,
    ),
    Phrases(
        "relief",
        1.1,
        """
        settle~ .. dispute|lawsuit|claim|litigation, dismiss~ ..
        claim|lawsuit|appeal|case|charge, reject~ .. claim|lawsuit, drop~ ..
        charge|lawsuit|investigation|probe|case, acquit~, strike .. end~, resume~ ..
        production|operation|dividend, win~ .. lawsuit|case|appeal, win~ .. court, court .. in
        favour|favor of, rule~ in favour|favor, layoff .. cancel~, one off gain, capital gain,
        refinance~ .. successfully, end~ .. dispute, gain on sale, book~ .. gain, recognise~ ..
        gain, lift~ .. ban, ease~ .. fears|concerns|restrictions, avert~, rescue~, emerge~ from,
        cleared of, throws out, eases pressure, return~ .. normal, oversubscribed, debt free,
        exit~ chapter, strike|walkout|dispute|stoppage|boycott .. over|end~, throw~ out, strike~
        down, side~ with, court sides, made whole, freed from, shake~ off, shrug~ off, loses
        steam, in the clear, set~ aside .. fine|ruling, revers~ .. ruling|ban, vindicate~,
        overturn~, revive~, back on its feet, bail~ out, white knight, fully repaid, toss~ ..
        case|suit|lawsuit|action, removes .. uncertainty
        """,
    ),
    Phrases(
        "words of success",
        0.9,
        """
        ace~, breeze~ past, breeze~ through, buoy~, conquer~, dazzle~, delight~, excel~, notch~,
        outdo~, outshine~, outstrip~, overtake~, perk~ up, power~ ahead, race~ ahead, ratchet~
        up, recoup~, regain~, rejuvenate~, revitalise~, revitalize~, revive~, scoop~, sizzle~,
        snap~ up, stoke~, trounce~, triumph~, vindicate~, brighten~, boon, windfall, bonanza,
        breakthrough, victory, feat, resurgence, revival, comeback, uplift, tailwind, bright
        spot, reprieve, accolade, vote of confidence, turn~ the corner, gain~ ground, gain~
        traction, pay~ off, bear~ fruit, sell~ out, win~ praise, win~ over, in demand, sought
        after, record harvest, on the rise, on the mend, back in favour|favor, make~ headway,
        full steam, green shoots
        """,
    ),
    Phrases(
        "rights and means",
        1.0,
        """
        contract .. renew~|extend~, receive~ .. grant|subsidy|refund|compensation|insurance, tax
        refund, insurance payout, certificate for, certify~, granted ..
        licence|license|permit|patent|status, refinance~ .. better|lower|cheaper, secure~ ..
        financing|funding|loan|supply, credit line, no objection, price increases .. through,
        raise~ its prices, better terms, exempt~ from, licence granted, wins .. patent, passes
        .. test|inspection|audit, all clear, renew~ .. licence|license|lease, new patent
        """,
    ),
)
