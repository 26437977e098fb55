"""What moves coins, tokens and exchanges."""

from typing import Final

from aitrader_models.rules.patterns import Phrases
from aitrader_models.rules.words.plain import EXPLAINER

# Outside crypto these are every day's business.
ADOPTION: Final = (
    Phrases(
        "services",
        1.0,
        """
        launch~, roll~ out, go~ live, now live, live on, debut~, unveil~, introduce~, offer~,
        deploy~, activate~, open~ to, open~ .. doors, reopen~, enable~, simplify~, add~ support,
        adds, support~ for, integrate~, integration, bring~ .. to, extend~ .. service|to, let~
        .. pay|buy|trade|customers|users, can now, can buy, expand~, expansion, upgrade~, bakes
        .. into, broaden~, sweeten~, arrives on, comes to, lands, onramp, migrate~ to,
        tokenize~|tokenise~, mainnet launch, complete~ .. merge|upgrade|audit, pass~ .. audit,
        fully backed, lock~ in, wide|full release, innovation, custody service, start~ ..
        team|desk|unit|fund|service|trading|project, patent for, plan~ ..
        custody|launch|service|fund|exchange, allow~ .. use|trade|hold|offer|to, patents, mine~
        .. for, =lists|listed|listing, to list, =ships|shipped, =mints .. nft|coin,
        =powers|powered, plans own|its
        """,
    ),
    Phrases(
        "users and partners",
        1.0,
        """
        adopt~, adoption, embrace~, accept~, to accept, payments at, pay~ in, paid in, settle~
        .. in, take taxes in, partner~, partnership, collaborate~, collaboration, team~ up,
        join~ forces, tie up, join~, onboard~, enlist~, welcome~, lure~, attract~, sign~ up,
        ink~, tap~ .. for, pick~ .. for, picked by, choose~ .. for, chosen, select~ .. as|for,
        wins over, land~ .. on|for, land~ .. deal|partnership, extend~ .. pact|deal, hire~,
        rehire~, appoint~ former, nab~, snag~, score~, flock in, flood in, draws .. back,
        becomes validator, hits # daily|million|users, hits #, pass~ usd, mainstream, growing
        interest, first country|bank|lender, becomes .. first, becomes first, its first, first
        ever, for the first time, world first, first in, reward~ .. with
        """,
    ),
    Phrases(
        "money put in",
        1.0,
        """
        buys, purchase~, accumulate~, stash, stacks, another # bitcoin|btc, orders .. miners,
        take~ .. position, allocate~ .. to, allocation, reveals|discloses stake, puts usd ..
        into, own digital assets, plan to own, institutional demand|interest, buyback, burn~ ..
        token, pump~, earmark~, donate~, gift, rewards, earn~, receive~ .. wages|donations,
        fetch~ usd, help~, lifeline, windfall, back~ new, renewables, sustainable, burn~ usd|#,
        =pledges|pledged, =distributes|distributed
        """,
    ),
    Phrases(
        "standing",
        1.0,
        """
        legal tender, legalize~|legalise~, recognise~|recognize~, license~, licence, charter~,
        <win> .. <licence>|contract, register~ with, sign~|pass~|advances .. bill, bill
        advances, paving way, bless~, friendly city, credit rating from, milestone, crown~,
        triumph~, celebrate~, cheer~, comeback, comes back, revival, blockbuster, sold out,
        sells out, outshine~, leapfrog~, flips, crack~ top, poised for, squeezed, room to
        breathe, cut~ energy, rolls red carpet, crypto hub
        """,
    ),
)
CRYPTO: Final = (
    Phrases(
        "funding",
        1.2,
        """
        raise~ .. usd|#|million|billion|funding|round|seed|series, series a|b|c|d|e, seed round,
        funding round, led by, lead~ .. round, round led, close~ .. round|fund, oversubscribed
        round, attract~ .. usd|investment|investors|capital, secure~ ..
        funding|backing|investment|usd|#, land~ .. usd|funding, net~ usd, bag~ usd, valued at,
        valuation of, unicorn, war chest, back~ by, backing from, get~ backing, invest~
        in|usd|#, investment from, strategic investment, launch~|set~ .. fund, incentive fund,
        ecosystem fund, grant~, acquire~, acquisition of, buy~|take~ .. stake, pour~ .. into,
        flow~ into
        """,
    ),
    Phrases(
        "permission",
        1.3,
        """
        approve~, approval, permit, greenlight~, green light, clear~, clarity, licensed,
        authorisation, authorization, in principle approval, no objection, no action letter,
        mica licence|license|approval, wins|gets nod, lift~ .. ban|restrictions, lifts, cuts
        tax, postpone~|scrap~ .. tax, repeal~, exempt~, pardon~, soften~ .. stance, warm~ to,
        backs bill, law passes, pro crypto, moves ahead, move~ forward, here to stay, praise~,
        win for, guarantee~ .. deposit, drop~|dismiss~|toss~ .. <suit>, win~ ..
        <suit>|court|battle|ruling, landmark win, victory, acquit~, throw~ out, strike~ down,
        side~ with, freed from, rule~ .. not .. security, not a security, settles with, settle~
        .. with sec, ditch~|reverse~ .. ban|proposal|block|policy, veto~ .. hostile
        """,
    ),
    Phrases(
        "levels",
        1.3,
        """
        break~ above|through|past|out|usd|#, breakout, smash~ through|past, punch~ through,
        cross~ #|usd|above, past usd, above usd, back above, back at usd, near~
        usd|#|record|high, =tops, topped|topping usd|#, surpass~, exceed~, overtake~, eclipse~,
        outperform~, outpace~, outrun~, reclaim~, climb~ back, returns to, hit~|set~ ..
        high|record, record daily|time, rally~, moon~, soar~, lift~ off, explode~, zoom~,
        parabolic, meteoric, ascent, massive run, could hit|reach, to hit|reach usd, worth more
        than, sees usd, hold~ .. peg, support holds, golden cross, buy signal, leads gains,
        leads the charge, gainers, heat~ up, strongest, snap~ .. losing|streak, green week,
        winning streak, in the green|black, positive territory, reach~ usd|#|milestone, most
        held|used|traded
        """,
    ),
    Phrases(
        "bulls",
        1.3,
        """
        bull run, bullish, turn~ bullish, bulls, extreme greed, golden age, euphoria, optimism,
        confidence, relief, winter is over, bottom is in, undervalued, deflationary, risk
        appetite, gains traction, inflow, draws usd, attracts usd, institutional
        buying|interest|investor, whale buy~|accumulate~, scoop~ up, buy~ the dip, bet~ big,
        supply shock|squeeze, short squeeze, shorts squeezed|liquidated, leave~ exchanges,
        reduce~|stop~ selling, bears trapped, bears in retreat, bear trap, tightest, unlikely
        """,
    ),
    Phrases(
        "rescue",
        1.2,
        """
        recover~ .. fund|usd|#|stolen, recover~ nearly|most|all, return~ ..
        usd|fund|stolen|customer, returned, repaid, repay~, pay~ back, get back, hand~ back,
        handing back, send~ back, refund~, reimburse~, compensate~, compensation, made whole,
        replace~ .. stolen, cover~ every, insure~, white hat, white knight, patch~, fix~ ..
        bug|vulnerability|issue, bug fixed, thwart~, foil~, exploit averted, no .. lost, safe,
        secure~, save~ .. usd|fund, bust~ .. ring, catch~ .. hacker, resume~ ..
        withdrawal|trading|service, regain~, restore~, emerge~ from, return|swing~ to profit,
        slash~ .. cost|fee, lower~ fee, scam .. halved|fall~|drop~, hacks fall~|drop~|decline~,
        excess reserves, proof of reserves, zero defaults|exposure, unscathed, sail~ through,
        flawless|flawlessly, shakes off, shrug~ off, calm~|settles nerves, loses steam, erase~
        losses, fear fades, fears fade|overblown|ease, hacker|attacker|thief .. return~,
        hacker|attacker .. give~|send~ back
        """,
    ),
    Phrases(
        "thefts",
        -1.6,
        """
        hack~, hacker, exploit~, exploiter, drain~, drainer, siphon~, loot~, steal~, stolen,
        theft, thief, heist, rob~, attack~, attacker, # % attack, breach~, compromise~, hijack~,
        infiltrate~, backdoor, vulnerability, critical bug, wallet bug, bug exposes, expose~,
        leak~, keys leaked, lost keys, sim swap, phish~, malware, ransom, ransomware, kidnap~,
        extort~, extortion, cryptojack~, cybercrime, dark web, mixer, missing funds, lost~ ..
        fund, lose~ funds
        """,
    ),
    Phrases(
        "swindles",
        -1.6,
        """
        scam~, scammer, fraud, fraudster, swindle~, trick~, dupe~, fake, deepfake, impersonate~,
        poisoning, pig butchering, rug, rugged, rug pull, rugpull, exit scam, honeypot, ponzi,
        pyramid, vanish~, disappear~ with, wash trading, spoof~, manipulate~, manipulation,
        launder~, front running, stiff~, cry foul, plagiarism, dodger, ringleader
        """,
    ),
    Phrases(
        "law",
        -1.4,
        """
        sue~, lawsuit, class action, complaint, probe~, investigate~, investigation, subpoena~,
        under fire, scrutiny, arrest~, detain~, jail~, prison, sentence~, extradite~, indict~,
        convict~, guilty, criminal, trial begins, =charged, =charges, accuse~, allege~, raid~,
        seize~, fine~, penalty, sanction~, violate~, violation, illegal, unregistered,
        unlicensed, wells notice, cease and desist, court orders, order~ .. to
        stop|halt|cease|dispose, demand~ records, demands, tax evasion, lent without consent,
        worthless, wild west, blast~, slam~, fume~, hostile, against crypto
        """,
    ),
    Phrases(
        "bans",
        -1.4,
        """
        ban~, outlaw~, prohibit~, restrict~, crack~ down, crackdown, clamp~ down, reject~,
        deny~, denial, oppose~, moratorium, end to, freeze~, froze, blacklist~, boot~ from,
        booted, cut~ off, shut~ out, delist~, revoke~, pull~ licence|license, sever~ ties, walks
        away, =blocked, block~ access|users|payments|app|sale|withdrawals, tighten~
        rules|grip|controls, warn~, warning, delay~ .. decision, urge~ .. scrap, scrap~ .. legal
        tender, propose~ .. tax, tax on, new tax, # % .. tax
        """,
    ),
    Phrases(
        "failures",
        -1.5,
        """
        halt~, suspend~, pause~ withdrawal|trading|service|network|deposit, paused after,
        outage, offline, downtime, go~ dark, glitch, faulty, bricks, liquidation, liquidate~,
        insolvent, insolvency, solvency rumours, bankrupt, bankruptcy, chapter #, bank run, runs
        on, contagion, collapse~, implode~, unravel~, topple~, death spiral, depeg~, lose~ ..
        peg, break~ its promise, undercollateralized, bad debt, default~, write~ off, unpaid,
        last in line, own nothing, shut~ down, shuts, shutdown, shutter~, closure, wind~ down,
        close~ .. operations|doors|accounts, leave~ .. market|country, exodus, flees, abandon~,
        cancel~, rescind~, discontinue~, delay~, postpone~, withdraw~ .. application, deadline
        looms, layoff, lay~ off, cut~ .. <workers>, hiring freeze, quit~, resign~, step~ down
        amid, fail~, failure, struggle~, unable, in limbo, flounder~, capitulate~, capitulation
        """,
    ),
    Phrases(
        "falls",
        -1.1,
        """
        below usd, slides under|below, lose~ support, breakdown, death cross, double top,
        rejection, rejected, resistance holds, pullback, price|sharp correction, downturn,
        bottoming, prolonged, evaporate~, dry~ up, bleed~, hemorrhage~|haemorrhage~, wipe~ out,
        wither~, stall~, flop~, fizzle~, wobble~, reeling, rattle~, give~ back|up|way, tumbles
        out, fades, deeper pain, painful, to zero, in the red, deep in red, down # % from, at
        discount, discount widen~, dump~, sell~ off, sell off, selloff, sell~ .. holdings,
        selling pressure|amid, profit taking|takers, offload~, yank~, outflow, unlock sends,
        exit|withdrawal queue, rush to exit, coins to exchanges, whale dump~|sell~, fees spike,
        transaction backlog, price stalls
        """,
    ),
    Phrases(
        "bears",
        -1.1,
        """
        bears, bearish, turn~ bearish, bear market, crypto winter, extreme fear, fears of,
        feared, panic, worries, concern, doubt, looms, hawkish, headwind, squeeze, bloodbath,
        rout, ruin, drowning, worst, dead, bubble, overvalued, flee~, short sellers target,
        losing it all, pull~ the plug
        """,
    ),
    Phrases(
        EXPLAINER,
        0.0,
        """
        price analysis|prediction|action, market wrap|watch, weekly|daily recap, roundup,
        interview, opinion, op ed, podcast, watch live, profile, a conversation, guide, here
        what|why|how, how to, what is|are, what to expect, who is, who owns, why is, q a, need
        to know, things to know|watch, week ahead, pros and cons, explained, decoded,
        understanding, tracing, ranked, dictionary, the word, slang, notes on, in
        numbers|charts|pictures, meet the, calendar, gainers and losers
        """,
    ),
    Phrases(
        "research",
        0.0,
        """
        listen, book, talks, study, studies, survey, researchers, debate, weigh in, divided on,
        taxed in
        """,
    ),
    Phrases(
        "procedure",
        0.0,
        """
        hearing, sets .. date, trial of, trial date, heads to, request dismissal, files for,
        file~ .. for, filing, amended, public comment, consultation, mediation, proposes,
        proposal, vote on, votes on, to vote, last call, bids for, set to expire, prepare for,
        progress report, first phase, cbdc pilot, pilot with, tests, no plans to, denies
        rumours, steps aside, advisory board, joins .. board, joins advisory, rebrand, renames,
        transfer~ .. to, moves .. to
        """,
    ),
    Phrases(
        "terms",
        0.0,
        """
        token unlock, hard fork, open interest, fear and greed, fear and greed index, market
        cap, bitcoin dominance, proof of stake, smart contract, hardware wallet, cold storage,
        hash rate, mining difficulty, burn rate, charity auction, vault, exit the network, bulls
        and bears, consolidates, stuck between, narrow triangle, traders eye, impermanent loss,
        rich list, guest list
        """,
    ),
)
