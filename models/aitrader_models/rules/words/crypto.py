"""What moves coins, tokens and exchanges."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

ADOPTION: Final = "adoption"

CRYPTO: Final = (
    Phrases(
        "funding",
        1.2,
        """
        raise~ .. usd|#, raise~ .. million|m|billion|funding|round, raise~ .. seed|series,
        series a|b|c|d|e, seed round, funding round, led by, round led, oversubscribed round,
        attract~ .. usd|investment|investors|capital, secure~ ..
        funding|backing|investment|usd|#, land~ .. usd|funding|war, net~ usd, close~ ..
        round|fund, valued at, valuation of, unicorn, war chest, backing from, backed by, get~
        backing, invest~ in|usd|#, investment from, incentive fund, ecosystem fund, set~ up ..
        fund, launch~ .. fund, bag~ usd, acquire~, grant~, acquisition of, buy~ .. stake, takes
        .. stake, pour~ .. into, flow~ into, strategic investment, lead~ .. round, closes fund
        """,
    ),
    Phrases(
        ADOPTION,
        1.0,
        """
        list~, listing, integrate~, integration, adopt~, adoption, partner~, partnership,
        collaborate~, collaboration, team~ up, join~ forces, tie up, accept~, roll~ out,
        support~ for, add~ support, adds, expand~, expansion, go~ live, debut~, unveil~,
        introduce~, join~, enable~, open~ to, let~ .. pay|buy|trade|customers|users, deploy~,
        mainnet launch, upgrade~, bring~ .. to, chosen, tap~ .. for, embrace~, pilot~ success,
        license~, licence, obtain~ .. registration|license|approval, win~ ..
        license|licence|approval|contract, register~ with, first bank, first lender, becomes
        first, becomes .. first, legal tender, milestone, partnered, buyback, burn~ .. token,
        accumulate~, institutional demand, institutional interest, growing interest, hire~,
        appoint~ former, custody service, paving way, wide release, full release, recognise~,
        recognize~, legalize~, legalise~, take~ .. position, allocate~ .. to, stash, buys,
        purchase~, migrate~ to, power~, advances .. bill, sign~ .. bill, pass~ .. bill,
        tokenize~, tokenise~, innovation, reopen~, extend~ .. service|to, settle~ .. in|with,
        accepts, to accept, first country|bank|lender, lock~ in, plans to accept, orders ..
        miners, its first, first ever, for the first time, world first, start~ ..
        team|desk|unit|fund|service|trading|project, activate~, onboard~, partner with, land~ ..
        deal|partnership, grant~ .. license|licence|bitlicense, grants bitlicense, replaces
        stolen, sign~ up, picked by, pick~ .. for, choose~ .. for, wins over, earmark~,
        celebrate~, cheer~, complete~ .. merge|upgrade|audit, cut~ energy, pass~ .. audit, pass~
        usd, reveals stake, discloses stake, puts usd .. into, own digital assets, plan to own,
        pay~ in, paying in, ship~, rewards, help~, lure~, attract~, can now, open~ doors,
        extend~ .. pact|deal, earn~, receive~ .. wages|donations, launch~, offer~, select~ ..
        as|for, chosen by|as, ink~, score~, snag~, nab~, land~ .. for|on, lands, pledge~,
        enlist~, simplify~, bless~, crown~, welcome~, triumph~, broaden~, unlocks, poised for,
        outshine~, leapfrog~, flips, crack~ top, stacks, rehire~, charters, live on, now live,
        fully backed, windfall, flock in, pump~, sells out, sold out, back~ new, rolls red
        carpet, hub, comeback, comes back, revival, opens its doors, paid in, take taxes in,
        payments at, sweeten~, distribute~, gift, fetch~ usd, room to breathe, sustainable,
        allocation, first in, mint~, bakes .. into, blockbuster, credit rating from, patent for,
        draws .. back, flood in, squeezed, another # bitcoin|btc, becomes validator, bill
        advances, lifeline, friendly city, joins, mainstream, onramp, hits #
        daily|million|users, hits #, new home, arrives on, comes to, lands at, donate~,
        renewables, plans own|its|to, plan~ .. custody|launch|service|fund|exchange
        """,
    ),
    Phrases(
        "permission",
        1.3,
        """
        approve~, approval, greenlight~, green light, clear~, lift~ ban, drop~ ..
        case|charge|probe, drop~ .. investigation|lawsuit, win~ ..
        case|court|battle|lawsuit|ruling|appeal, victory, throw~ out, dismiss~ ..
        case|lawsuit|suit|charge, acquit~, licensed, rule~ .. not .. security, postpone~ .. tax,
        scrap~ .. tax, repeal~, exempt~, soften~ stance, pardon~, guarantee~ .. deposit, clears
        .. of, lifts ban, lifts .. restrictions, win for, cuts tax, strike~ down, struck down,
        side~ with, freed from, authorisation, authorization, permit, landmark win, wins over,
        veto~ .. hostile, ditch~ .. ban|proposal, reverse~ .. ban|block|policy, soften~ ..
        stance, warm~ to, law passes, clarity, throws in the towel in case, drop~ .. appeal, not
        a security, praise~, here to stay, can buy, in principle approval, no objection,
        charter, mica licence|license|approval, e money licence, clears way, wins nod, gets nod,
        recognised as, recognized as, backs bill, pro crypto, lifts, settles with, settle~ ..
        with sec, moves ahead, move~ forward
        """,
    ),
    Phrases(
        "highs",
        1.3,
        """
        break~ above|through|past|out, breakout, smash~ through|past, cross~ #|usd|above,
        surpass~, reclaim~, climb~ back, bull run, bullish, bulls back|charge|control, rally~,
        moon~, outperform~, overtake~, eclipse~, flip~ to extreme greed, extreme greed, hit~ ..
        high|record, record daily, record time, exceed~, golden cross, set~ .. record, break~
        usd|#, strongest, soar~, golden age, worth more than, past usd, above usd, deflationary,
        undervalued, bottom is in, support holds, turn~ bullish, winter is over, confidence,
        euphoria, relief, could hit|reach, to hit|reach usd, unlikely, reduce~ selling, stop~
        selling, scoop~ up, buy~ the dip, inflow, returns to, =tops|topped|topping usd|#, =tops,
        near~ usd|#|record|high, institutional buying|interest|investor|adoption, heat~ up,
        sales exceed~, sees usd, bulls, back at usd, holds its peg, hold~ peg, back above, bears
        trapped, bears in retreat, bear trap, losing run snap~, snap~ .. losing|streak, green
        week, winning streak, in the green|black, positive territory, lift~ off, parabolic,
        explode~, outrun~, zoom~ past, zoom~, risk appetite, gainers, leads gains, leave~
        exchanges, supply squeeze, short squeeze, shakes off, shrug~ off, bet~ big, buy signal,
        meteoric, ascent, leads the charge, steam, punch~ through, punches, shorts
        squeezed|liquidated, massive run, optimism, gains traction, tightest, moon, whale
        buy~|accumulate~, whales buy~|accumulate~, scoop~, hodlers, supply shock, halving rally,
        demand outpaces, outpace~, record inflow|inflows, draws usd, attracts usd, sees inflows,
        green
        """,
    ),
    Phrases(
        "rescue",
        1.2,
        """
        recover~ .. fund|usd|#|stolen, return~ .. usd|fund|stolen|customer, repaid, repay~,
        refund~, reimburse~, resume~ .. withdrawal|trading|service, exploit averted, white hat,
        patch~, save~ .. usd|fund, fix~ .. bug|vulnerability|issue, emerge~ from, bust~ .. ring,
        regain~, restore~, safe, secure~, funds safe, no .. lost, catch~ .. hacker, slash~ ..
        cost|fee, slash~ .. costs, fees .. drop~|fall~|plunge~, gas fees, lower~ fee, scam ..
        halved|fall~|drop~, hacks fall~|drop~|decline~, excess reserves, return to profit,
        swing~ to profit, made whole, get back, hand~ back, handing back, send~ back, sends
        back, returned, cover~ every, insure~, thwart~, foil~, foiled, recover~ nearly|most|all,
        unscathed, flawless|flawlessly, flying colours|colors, sail~ through, zero defaults,
        zero exposure, replace~ .. stolen, jailed .. returned, white knight, calm~ nerves,
        settles nerves, fear fades, fears fade|overblown|ease, loses steam, erase~ losses,
        repaid in full, pay~ back, proof of reserves, redemptions resume, peg restored, restores
        peg, no action letter, makes users whole, compensate~, compensation, ransom returned,
        bug fixed
        """,
    ),
    Phrases(
        "thefts",
        -1.6,
        """
        hack~, hacker, exploit~, drain~, heist, steal~, stolen, theft, attack~, attacker,
        breach~, phish~, scam~, scammer, fraud, fraudster, rug pull, rugpull, rugged, ponzi,
        pyramid scheme, malware, ransomware, vulnerability, compromise~, flash loan attack, # %
        attack, pig butchering, leak~, fake, launder~, money laundering, lost~ .. fund, missing
        funds, vanish~, exit scam, wash trading, manipulate~, manipulation, cryptojack~,
        exposed, exposes, cybercrime, critical bug, wallet bug, bug exposes, siphon~, thief,
        thieves, loot~, trick~, swindle~, dupe~, deepfake, poisoning, disappear~ with, vanish~
        with, kidnap~, extort~, rob~, robbed, rug, drainer, bricks, death spiral,
        undercollateralized, go~ dark, stiff~, unpaid, losing it all, lose~ funds, slashed for,
        to zero, cry foul, painful, rattle~, wither~, stall~, hawkish, dodger, ringleader, runs
        on, plagiarism, fears of, sim swap, honeypot, reentrancy, exploiter, ransom, extortion,
        seed phrase leak, keys leaked, lost keys, mixer, dark web, hijack~, impersonate~,
        spoof~, infiltrate~, backdoor, bot attack, dust attack, pyramid
        """,
    ),
    Phrases(
        "law",
        -1.4,
        """
        sue~, lawsuit, probe~, investigate~, investigation, subpoena~, arrest~, indict~,
        convict~, guilty, prison, jail~, sentence~, detain~, extradite~, raid~, raided, seize~,
        fine~, fined, penalty, ban~, crackdown, crack~ down, outlaw~, illegal, restrict~,
        reject~, deny~, denies, denial, warn~, warning, sanction~, violate~, violation,
        unregistered, unlicensed, cease and desist, wells notice, court orders, tax evasion,
        order~ .. to dispose, order~ .. to stop|halt|cease, accuse~, allege~, class action,
        clamp~ down, prohibit~, scrutiny, blacklist~, freeze~, froze, end to, oppose~, against
        crypto, urge~ .. scrap, scrap~ .. legal tender, worthless, wild west, delay~ ..
        decision, criminal, complaint, block~ access|users|payments|app|sale|withdrawals,
        =blocked, =charged, =charges, tighten~ rules|grip|controls, boot~ from, booted, sever~
        ties, cut~ off, cuts off, walks away, moratorium, plead~ guilty, front running, hostile,
        lent without consent, blast~, slam~, fume~, fuming, shut~ out, sanctioned, wells,
        subpoenaed, delist~, tax raid, probe into, under fire, demands, demand~ records, freeze~
        accounts, pull~ licence|license, revoke~, suspend~ licence, trial begins, bankrupt
        """,
    ),
    Phrases(
        "failures",
        -1.5,
        """
        halt~, suspend~, delist~, outage, offline, downtime, liquidation, liquidate~, insolvent,
        insolvency, bankrupt, bankruptcy, chapter #, collapse~, depeg~, lose~ .. peg, lost ..
        peg, default~, shut~ down, shuts, shutdown, wind~ down, layoff, lay~ off, cut~ ..
        job|workforce|staff, bank run, contagion, write~ off, withdrawals halted, freeze~
        withdrawal, capitulate~, glitch, capitulation, bad debt, quit~, resign~, step~ down
        amid, discontinue~, unable, faulty, abandon~, cancel~, withdraw~ .. application, fail~,
        failure, struggle~, slash~ jobs, collapsed, delay~, postpone~, exodus, leave~ ..
        market|country, close~ .. operations|doors|accounts, closure, face~ .. closure, deadline
        looms, flees, pause~ withdrawal|trading|service|network|deposit, pauses withdrawals,
        paused after, shutter~, topple~, rescind~, hiring freeze, pull~ plug, face~ ruin, last
        in line, own nothing, disappears, solvency rumours, hang~ by, in limbo, flounder~,
        unravel~, implode~
        """,
    ),
    Phrases(
        "lows",
        -1.1,
        """
        death cross, bearish, bear market, crypto winter, extreme fear, sell off, selloff,
        selling pressure, dump~, bloodbath, rout, outflow, bleed~, wipe~ out, wiped out, below
        usd, lose~ support, loses support, worst, capitulation, pullback, downturn, prolonged,
        discount widen~, at discount, trades at discount, give~ back, fizzle~, deeper pain, in
        the red, deep in red, down # % from, looms, dead, concern, worries, bubble, overvalued,
        flee~, panic, short sellers target, rejection, turn~ bearish, dry~ up, evaporate~,
        unlock sends, doubt, slides under|below, sell~ off, squeeze, blast~, headwind, bears,
        price correction, sharp correction, selling amid, sell~ .. holdings, offload~, yank~,
        hemorrhage~, haemorrhage~, bleed~ deposits, gives up, give~ way, give~ up, tumbles out,
        fades, wobble~, reeling, exit queue, withdrawal queue, rush to exit, ruin, drowning,
        flop~, pull~ the plug, bottoming, break~ its promise, dream fades, whale dump~|sell~,
        whales dump~|sell~, capitulates, profit taking, profit takers, double top, breakdown,
        resistance holds, rejected, dump, sees outflows, record outflow|outflows, transaction
        backlog, fees spike, price stalls, coins to exchanges, faces new questions
        """,
    ),
    Phrases(
        "softened",
        0.0,
        """
        price analysis, price prediction, market wrap, market watch, weekly recap, daily recap,
        here what, here why, here how, how to, what is, what are, who is, why is, explained,
        interview, opinion, podcast, roundup, guide, guide to, pros and cons, things to watch,
        week ahead, things to know, in numbers, in charts, need to know, q a, op ed, listen,
        watch live, token unlock, hard fork, price action, proposes, proposal, vote on, votes
        on, to vote, set to expire, sets date, sets .. date, sets hearing, schedules hearing,
        transfer~ .. to, moves .. to, public comment, files for, file~ .. for, filing, amended,
        no plans to, mediation, joins .. board, joins advisory, advisory board, exit the
        network, steps aside, hearing, consultation, funds from, trial of, trial date, what
        triggers them, scans, cbdc pilot, pilot with, tests, progress report, study, survey,
        debate, researchers, open interest, fear and greed index, fear and greed, bitcoin
        dominance, proof of stake, smart contract, hardware wallet, cold storage, charity
        auction, market cap, mining difficulty, hash rate, burn rate, bulls and bears, decoded,
        ranked, book, in pictures, profile, a conversation, talks, weigh in, divided on, prepare
        for, heads to, sets up hearing, renames, consolidates, stuck between, narrow triangle,
        traders eye, pauses for breath, understanding, meet the, first phase, request dismissal,
        denies rumours, rebrand, slang, who owns, what to expect, tracing, calendar, dictionary,
        the word, notes on, taxed in, studies, sets date for, vault, last call, bids for, books
        to
        """,
    ),
)
