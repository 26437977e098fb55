"""What is good news by itself, in any kind of text."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

GOOD: Final = (
    Phrases(
        "orders won",
        1.2,
        """
        <win> .. order|contract|mandate|tender|concession|deal|pact|work|jobs|business, award~
        .. <contract>, <contract> .. award~ to, <contract> was awarded, win~ a|an|the|its, won,
        winning, win~ .. <contract>, place~ .. order, order .. placed by, order was placed,
        order for the delivery|supply, order to deliver|supply, sign~ .. contract|order|deal,
        conclude~ .. contract|deal|agreement, has|have ordered, contract with ..
        deliver~|supply~, will supply|deliver, to supply, to deliver .. to, preferred supplier,
        select~|choose~ as .. supplier|partner|vendor|provider|contractor, chosen to
        deliver|supply|build, largest|biggest order|contract|deal, order|contract is the
        largest|biggest, largest ever, repeat order, follow on order, major order, significant
        order, frame agreement, extension of .. agreement|contract|deal, first customer,
        select~|choose~|pick~|appoint~ .. to supply|deliver|provide|build|design|renew|manage,
        has|have been selected|chosen|picked, selected|chosen|picked by, year|month
        contract|deal, =ordered .. from, commission~ .. to, delivers .. to, exercise~ .. option
        for, select~|choose~|pick~ .. for, order|contract .. worth, order valued at, will
        provide|deliver|supply .. to|with|for, select~|choose~|pick~ .. as ..
        supplier|partner|vendor|provider|contractor, value of .. order|contract|deal .. #,
        =contract from, =order from, guarantee~|secure~|bring~|provide~ .. work|employment,
        select~|choose~|pick~ .. software|system|technology|solution, new =order|=contract, new
        order .. book~|receive~|win~|place~
        """,
    ),
    Phrases(
        "agreements",
        0.9,
        """
        reach~ .. agreement, agree~ .. deal|contract|partnership, agree~ to ..
        cooperate|collaborate, form~ .. alliance|partnership, join~ forces, team~ up, partner~
        with, partnership with, tie~ up with, collaborate~ with, strategic partnership|alliance,
        cooperation agreement, long term agreement, licensing agreement, distribution agreement,
        royalty income, royalties, framework agreement with, <extend> ..
        <contract>|cooperation|partnership|collaboration|alliance, <contract> .. <extend>,
        enter~ into .. agreement|partnership|cooperation|alliance, start~|begin~|launch~ ..
        cooperation|collaboration, jointly develop|start|market|launch|build|sell, sign~ ..
        agreement|partnership|pact, develop~|build~|work~|sell~ .. together, together with ..
        develop~
        """,
    ),
    Phrases(
        "expansion",
        1.0,
        """
        expand~ .. into|to|in, expand~ .. operation|network|capacity, expand~ its|their|rapidly,
        expand~ .. with|by, being expanded|extended|enlarged, is|are expanding, expansion
        into|of, expansion plan, enter~ .. market, opening up .. market, foothold in, gain~ ..
        foothold, broaden~ .. range|offering|portfolio, penetrate~, opens the way, double~ ..
        capacity, <raise> .. capacity, add~ .. capacity, ramp~ up .. capacity|production, full
        capacity, reopen~, create~ .. job, add~ .. jobs, to hire, new recruits,
        attract~|win~|gain~|add~ .. <users>, attract~ .. investor, new customers|clients, growth
        opportunity|potential|strategy, continue~ to grow, continue~ .. growth,
        good|great|excellent opportunity, opportunity to grow, access to .. market,
        make~|become~ .. market leader, add~ .. departure|flight|route|shift|line, become~|make~
        .. largest|leading|biggest, become~|make~ .. number one|two|three, largest|leading ..
        after the deal|acquisition|purchase, give~ .. access to, open~ .. door|way|market, come~
        on stream, win~|gain~|take~ .. share of, focus~ on .. core|growing, open~ ..
        new|second|third|fourth|fifth|another|more .. <plant>, open~ .. new .. market,
        hire~|recruit~ #|about|some|over|more|new|additional, hire~|recruit~|take~ on ..
        employee|staff|people|worker|engineer, =need|=needs .. more|new
        employee|staff|people|worker, now the largest|biggest|leading, running at capacity,
        entry to|into .. market, entry to|into the, extend~|expand~ .. to cover|all|other, new
        opportunity|possibility, extra|additional|third|night|three shift
        """,
    ),
    Phrases(
        "launches",
        0.7,
        """
        launch~, unveil~, roll~ out, debut~, go~ live, new generation, next generation, state of
        the art, innovative, innovation, pioneer~
        """,
    ),
    Phrases(
        "new products",
        0.9,
        """
        launch~|introduce~|unveil~|release~ .. new, roll~ out .. new, breakthrough, launch~ ..
        range|service|product|model, add~ .. to its range
        """,
    ),
    Phrases(
        "approval",
        1.2,
        """
        <win> .. approval|clearance|nod, grant~ .. <licence>, obtain~|receive~ .. <licence>,
        granted .. <licence>|patent|status, <win> .. patent, grant~ .. patent, new patent,
        certify~, certificate for, renew~ .. licence|license|lease, passes ..
        test|inspection|audit, approve~ .. merger|sale|drug|plan|deal, clear~ .. for sale,
        clear~ .. merger|deal, clear~ .. acquisition, clear~ to|by, fda nod|approval, fda
        approve~|clear~|ok, approve~ by the fda, green light, greenlight~, go ahead, fast track,
        all clear, breakthrough designation, no objection, without conditions, meets|met ..
        endpoint|goal, meet~ the main|primary, trial success, positive phase, positive
        trial|data|opinion, successful trial|test|completion|launch
        """,
    ),
    Phrases(
        "profit again",
        1.3,
        """
        swing~|swung|turn~|return~ .. to .. profit|profitability|income, move~ into profit, loss
        .. into .. profit, back in profit, to|into the black, back in|into .. black, become~
        profitable, profitable again, turn~ profitable|positive, turn~|make~ a profit, break
        even, breakeven, turnaround, return~ to growth, back to growth|normal, back on track,
        profit for the first time, first profit, first quarterly|annual profit, post~ ..
        surprise profit, back to|into .. profit|black
        """,
    ),
    Phrases(
        "above expectations",
        1.4,
        """
        beat~|top~|exceed~|surpass~|smash~|crush~ .. <expected>, above .. <expected>, beat~ by,
        beats, ahead of .. <expected>, in excess of .. <expected>, above what, well above,
        blowout, better than .. <expected>, faster than planned|expected|anticipated,
        unexpectedly good, positive surprise, surprise~ positively, ahead of
        schedule|plan|last|previous|comparable, beating last, better than, more than last, more
        than the previous, more than a year, outperform~, outpace~, ahead of time, earlier than
        planned|expected, better|stronger than expected|forecast|anticipated|estimated|feared,
        above|exceed~|surpass~ ..
        last|previous|prior|preceding|year|level|figure|those|target|budget|plan, clearly|well
        above, # %|pct above, under|within|below .. budget|schedule, ahead of ..
        time|timetable|schedule|plan|target, better|higher|richer|stronger|faster|larger|bigger
        than .. thought, # %|pct ahead of, more|better|higher|faster|stronger than ..
        hoped|dared|expected|anticipated
        """,
    ),
    Phrases(
        "records",
        1.3,
        """
        busiest, all time record, a record #, new record, to a record, break~ .. record, record
        breaking, record
        quarter|year|month|profit|result|sales|revenue|earnings|order|turnover|volume, record ..
        profit|sales|revenue|earnings|quarter, consecutive|straight quarter|year of .. growth,
        consecutive .. of .. growth, best|strongest .. ever|since|history|date, # %|pct more ..
        last|year|period|quarter|earlier|before, best month|week|day, best ..
        quarter|year|decade|time, exceed~|pass~|top~|cross~ .. first time,
        better|stronger|bigger|busier than ever
        """,
    ),
    Phrases(
        "guidance up",
        1.6,
        """
        <raise>|upgrade~ .. <guidance>, <guidance> .. <raise>, revise~ .. up|upward|upwards,
        guide~ above|higher|up, positive profit warning, will exceed .. <expected>,
        upbeat|bullish|strong outlook|guidance|forecast, upside guidance, see~ upside, sees ..
        higher than, clearly higher|better than, improve~ clearly
        """,
    ),
    Phrases(
        "upgrades",
        1.5,
        """
        raise~ to <buy>, to buy from, rated buy, rates .. buy, affirm~|reiterate~ .. <buy>,
        strong buy, new buy, buy rating|signal, top pick|idea, best idea, bullish on,
        undervalued, cheap valuation, attractive valuation, <raise> .. rating|recommendation,
        <raise> .. price <target>, <raise> .. <target>, <raise> .. target price, <target> ..
        <raise>, price target up, # % upside, see~ .. upside, upside in|to|for, outlook ..
        positive from, changed to positive, to investment grade, watch positive, affirm~ ..
        rating, =upgrades, =upgraded, =upgrading, upgrade to|from|by|of, consider~|see~ ..
        cheap|attractive|undervalued
        """,
    ),
    Phrases(
        "payouts",
        1.1,
        """
        extra|special|higher|bonus dividend, <raise> .. dividend|payout, dividend <raise>,
        resume~|reinstate~ .. dividend|payout, dividend .. more than, new .. buyback,
        authorize~|authorise~|announce~|approve~ .. buyback|repurchase, buyback plan|program
        """,
    ),
    Phrases(
        "savings",
        1.0,
        """
        cost saving, annual saving, saving of, energy saving, synergies, cost cutting ..
        progress~, economies of scale, <cut> .. costs|bills|consumption|emissions|time|waste,
        shorten~, faster delivery, efficient, efficiently, cost effective, cost efficiency,
        <raise> .. profitability, <raise>|improve~ .. efficiency|productivity|competitiveness,
        earnings enhancing, accretive, strengthen~ .. position|balance, strengthen~
        its|our|their, less fuel|energy|power|electricity|water|time|waste|material, # times
        faster|longer|more|stronger|better|lighter, last~ longer, longer life|lifetime, low cost
        access, twice|times as long|fast|much|strong|durable|efficient|effective, save~ ..
        #|costs|money|time|energy|fuel|space, clear|significant|considerable|substantial
        saving|benefit|advantage|improvement, easier, simpler, safer, quicker, smoother, faster,
        cleaner, healthier, more competitive|accurate|reliable|attractive|flexible|productive,
        cheaper than|to, lighter, create~|bring~|generate~|achieve~|produce~|yield~ ..
        saving|synergy|benefit, half|third the time|cost|price, richer, brighter
        """,
    ),
    Phrases(
        "takeover",
        1.2,
        """
        premium of|over|to, # % premium, takeover interest|bid|offer|speculation, to be bought,
        to be acquired for|by, buyout offer|bid, bidding war, agreed to be taken|acquired,
        receives .. offer, raise~|sweeten~ .. offer|bid, offer .. premium|above, offer|bid
        valuing
        """,
    ),
    Phrases(
        "means",
        1.0,
        """
        <win> .. grant|subsidy|refund|compensation|insurance|financing|funding|loan, tax refund,
        insurance payout, credit line, refinance~ .. better|lower|cheaper|successfully, raise~
        its prices, better terms, exempt~ from, oversubscribed, debt free, fully repaid, one off
        gain, capital gain, gain on sale, book~|recognise~ .. gain, inject~ .. into, capital
        injection, cash injection, approve~ .. aid|subsidy|grant|funding, state aid, raise~ ..
        funding|financing, fresh funding|capital, grant~ ..
        loan|funding|financing|permission|subsidy|aid, get~|win~|receive~ back, will finance,
        granted eur|usd|sek|gbp
        """,
    ),
    Phrases(
        "strength",
        0.9,
        """
        growing interest, sought after, popular, popularity, rapidly|fast|fastest growing, long
        term growth, growth of #, # % growth, growth was #, grow~ by #, outgrow~, take~ off,
        well positioned, competitive edge|advantage, best in class, profitable, profitably, full
        order, successful, successfully, success, succeed~ in, prosper~, flourish~, thrive~,
        sell~ well, sold out, holding up well, doing well, fare~ well|better, good progress,
        smooth|smoothly, flawless|flawlessly, unscathed, benefit~ from, positive
        impact|effect|contribution|development|reception|feedback|territory, positively, boost~
        for|to, a boost, milestone, in the black|green, gather~ pace|steam|momentum, attractive,
        encouraging, promising, excellent, favourable|favorable, bright outlook, bode~ well,
        strong|robust|high|brisk|growing|rising demand, outlook .. good|bright|positive,
        develop~|perform~ well|strongly|favourably|favorably|positively, growth prospect,
        send~|push~|drive~|propel~|lift~ .. higher|high|up|soaring|surging, turn for the better,
        full tilt|steam|speed|swing, fully booked, rehire~, recall~ .. employees|workers|staff,
        call~|take~ back .. employees|workers|staff, is|are|much in demand,
        good|flying|strong|excellent|promising start, strong|significant growth, growth ..
        continue~, positive|favourable|favorable trend, stronger than, speed~ up, start~
        well|strongly
        """,
    ),
    Phrases(
        "praise and mood",
        0.9,
        """
        optimistic, optimism, confident, confidence in, satisfied, pleased, upbeat, award~,
        prize, honour~|honor~, celebrate~, rejoice~, cheer~, praise~, hail~, applaud~, accolade,
        well received, welcome~ .. product|service|model|solution, named best, vote of
        confidence, supplier|employer|product|company of the year
        """,
    ),
    Phrases(
        "words of success",
        0.9,
        """
        ace~, breeze~ past|through, buoy~, conquer~, dazzle~, delight~, excel~, notch~, outdo~,
        outshine~, outstrip~, overtake~, perk~ up, power~ ahead, race~ ahead, ratchet~ up,
        recoup~, regain~, rejuvenate~, revitalise~|revitalize~, revive~, scoop~, shine~,
        sizzle~, snap~ up, sparkle~, stoke~, trounce~, triumph~, brighten~, boon, windfall,
        bonanza, victory, feat, resurgence, revival, comeback, uplift, tailwind, bright spot,
        turn~ the corner, gain~ ground, gain~ traction, pay~ off, bear~ fruit, sell~ out, win~
        praise, win~ over, on the rise, on the mend, back in favour|favor, make~ headway, full
        steam, green shoots
        """,
    ),
    Phrases(
        "relief",
        1.1,
        """
        settle~ .. dispute|lawsuit|claim|litigation, dismiss~|drop~|reject~|toss~ .. <suit>,
        throw~ out, strike~ down, acquit~, cleared of, vindicate~, overturn~, revers~ ..
        ruling|ban, win~ .. <suit>|court, court .. in favour|favor of, rule~ in favour|favor,
        court sides, side~ with, set~ aside .. fine|ruling, in the clear,
        strike|walkout|dispute|stoppage|boycott .. over|end~, end~ .. dispute, resume~ ..
        production|operation, return~ .. normal, lift~ .. ban, ease~ ..
        fears|concerns|restrictions|pressure, avert~, rescue~, reprieve, bail~ out, white
        knight, back on its feet, emerge~ from, exit~ chapter, shake~ off, shrug~ off,
        layoff|strike|redundancy .. call~ off|cancel~, lay offs .. call~ off|cancel~, turn~
        round|around, scrap~|abandon~|drop~ .. ban|tax|tariff|fee|duty, claw~ back
        """,
    ),
)
