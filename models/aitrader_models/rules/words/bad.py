"""What is bad news by itself, in any kind of text."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

BAD: Final = (
    Phrases(
        "lay-offs",
        -1.8,
        """
        layoff, lay~ off, laying off, temporary layoff, made redundant, make~ .. redundant,
        redundant, redundancy, redundancies, job cut, job losses|loss, cut~ .. <workers>,
        cutting .. <workers>, reduce~ .. <workers>, slash~ .. <workers>, axe~ .. <workers>,
        shed~ .. <workers>, eliminate~ .. <workers>, dismiss~ .. employee|worker|staff|people,
        terminate~ .. employee|worker|employment|contract|agreement, give~ notice, furlough~,
        personnel reduction, staff reduction, workforce reduction, reduction of .. <workers>,
        reduction in .. workforce|personnel|staff, sack~, dismissal, fewer staff, lay offs,
        cutbacks, downsize~, loss of # job|jobs, loss of .. job, cuts in personnel,
        codetermination .. reduce~, fire~ .. workers|staff|employees, jobs .. go|disappear|risk,
        jobs will go, lose~ their jobs, lose~ .. job, without work, post|posts ..
        go|disappear|cut|axed, will disappear, jobs at risk, <workers> .. made redundant, number
        of employees|personnel|staff|jobs .. cut~|reduce~
        """,
    ),
    Phrases(
        "closures",
        -1.3,
        """
        close~ down, close~ .. plant|factory|mill|unit|site|office|store|branch|shop|line, shut~
        .. plant|factory|mill|unit|site|store|line|down, shut~ down, plant closure, closure of
        .. <plant>, discontinue~ .. <plant>, wind~ down|up .. operation, cease~ ..
        production|operation|trading, halt~ .. production|operation|work|sales, stop~ ..
        production|work|operation, production stoppage, standstill, idle~ .. <plant>, suspend~
        .. production|operation|work|flights|sailings|trading|service|dividend, cancel~ ..
        order|contract|flight|sailing|project|dividend|event, curtail~, mothball~, exit~ ..
        market|business, pull~ out of, plant closing, store closings, shutdown, production cut,
        cut~ production, halt~ trading, <plant> .. closed|closing|shut, is being closed, will be
        closed|shut, ordered into liquidation, discontinue~ the|its, pull~ down the shutters,
        shutter~, shut~ .. doors, close~ .. doors, close~ # ..
        store|branch|shop|outlet|restaurant
        """,
    ),
    Phrases(
        "warnings",
        -1.8,
        """
        profit warning, warn~ on .. profit|sales|earnings, warn~ of, warn~ that, warn~, cut~ ..
        <guidance>, lower~ .. <guidance>, slash~ .. <guidance>, trim~ .. <guidance>, reduce~ ..
        guidance|outlook|forecast|estimate, withdraw~ .. guidance|outlook|forecast, downgrade~
        .. <guidance>, scrap~ .. <guidance>, pull~ .. guidance|outlook|forecast, revise~ ..
        down|downward|downwards, <guidance> .. cut~|slash~, guide~ below|lower|down, not reach
        .. <expected>, lower than .. <expected>|expected|anticipated, materially lower, clearly
        lower|weaker, soft|weak|light|disappointing|gloomy guidance, weak|gloomy|bleak
        outlook|forecast, downside guidance, earnings warning, sales warning, suspend~ ..
        guidance|outlook, abandon~ .. target, below|behind plan, behind schedule, not
        reach|meet|achieve .. <expected>, not expect .. reach|meet|achieve, reel~ in ..
        <expected>, dial~ back .. <expected>, temper~ .. <expected>, rein~ in .. <expected>, not
        expect|see|believe|anticipate|foresee .. recover~|improve~|grow~|increase~|rise~|pick~,
        yank~ .. <guidance>, lower|lowers|lowered its view, unlikely ..
        reach|meet|achieve|recover|grow, will not reach|meet|achieve
        """,
    ),
    Phrases(
        "below expectations",
        -1.4,
        """
        miss~ .. <expected>, miss~ by|on, misses, fall~ short, below .. <expected>, fell short
        of, short of .. <expected>, worse than expected|forecast|feared, weaker than expected,
        less than expected|forecast, lower than .. <expected>, disappoint~, disappointment,
        slower than expected|forecast, steeper .. than, missed .. target, trail~ .. <expected>,
        undershoot~, underperform~, negative surprise, fail~ to meet, worst ..
        since|ever|quarter, worst, disappointing, steepest|sharpest|biggest drop|fall|decline,
        below .. last|previous|prior year, clearly below, below .. year level, remain~ below,
        lower than last|previous, # % less|fewer, turn~ negative, gloomier, light guidance,
        guides light, guidance light
        """,
    ),
    Phrases(
        "downgrades",
        -1.6,
        """
        downgrade~, cut~ to sell|underperform|underweight|hold|neutral|reduce, price target ..
        cut~|lower~|trim~|slash~, pt .. cut~|lower~|trim~|slash~, review for .. downgrade,
        negative outlook|watch, outlook .. negative, to sell from, to junk, junk
        territory|status, sell rating, overvalued, rated sell, trim~ .. pt, cut~ .. price
        target, cut~ .. pt|rating, cut~ .. target price, lower~ .. price target, lower~ ..
        pt|rating, lower~ .. target price, slash~ .. pt|target, trim~ .. target, cut~|lower~ ..
        recommendation, target chopped|slashed|lowered|cut|trimmed, pt
        chopped|slashed|lowered|cut|trimmed
        """,
    ),
    Phrases(
        "loss made",
        -1.2,
        """
        swing~ .. to .. loss, turn~ .. to .. loss, fall~ .. to .. loss, slip~ .. to .. loss,
        swung to .. loss, in the red, into the red, unprofitable, negative result, red ink,
        profit .. to .. loss, result|profit|earnings|ebit|ebitda|eps|income .. -#, profit
        squeeze, margin squeeze, squeezed margins, loss vs|versus
        """,
    ),
    Phrases(
        "charges",
        -1.1,
        """
        goodwill charge, restructuring cost|charge|provision, one off cost|charge|loss, book~ ..
        charge, recall~ .. #|product|car|vehicle, product recall, recalling, burden~, penalty,
        damages, non recurring cost|charge, credit loss|losses increase~, fine~ ..
        eur|usd|million, fined, hit with .. fine, fine of, pay~ .. damages|fine|penalty, cost
        overrun, budget overrun, non recurring expense, one off expense, extraordinary expense,
        additional cost, extra cost, cost~ .. hundreds|millions|billions, at a discount,
        restructuring expense, closure of, pay~ .. to settle, to pay .. settlement, agree~ to
        pay, to be written off|down, written off|down, had to be written, write~ .. down|off,
        settlement bill, hit with .. bill|fine|penalty|charge
        """,
    ),
    Phrases(
        "law",
        -1.3,
        """
        lawsuit against, sue~, file~ .. lawsuit|suit|complaint, class action, allege~, accuse~,
        accusation, allegation, indict~, arrest~, charge~ with, charges against, fraud,
        fraudulent, bribe~, bribery, corruption, money laundering, cartel, price fixing, probe~,
        investigate~, investigation into, under investigation, raid~, crackdown, guilty,
        convict~, plead~ guilty, insider trading, embezzle~, misconduct, scandal, subpoena~,
        sanction~, ban~, prohibit~, violate~, violation, breach~, infringe~, infringement, short
        report, fake revenue, accounting irregularity|irregularities, court ordered, was ordered
        to pay, order~ .. to pay, lose~ .. case|appeal|lawsuit|court, reject~ ..
        appeal|application|offer|bid|proposal, block~ .. deal|merger|sale, restate~, slam~,
        criticise~, criticize~, condemn~, fda reject~|decline~, divest~ from, face~ ..
        litigation, litigation against, antitrust probe|fine|case|suit, whistleblower, cover up,
        swindle~, dupe~, con artist, sham, price rigging, rig~, blackmail~, extort~, kickback,
        =blasts|blasted, rule~ against, ruled against, court .. against, faces questions, new
        questions, questions over
        """,
    ),
    Phrases(
        "distress",
        -1.7,
        """
        bankrupt, bankruptcy, insolvent, insolvency, chapter #, administration proceedings,
        creditor protection, liquidator, receivership, default~ on, defaulted, in default, debt
        crisis, going concern, liquidity crisis, cash crunch, covenant breach, breach~ ..
        covenant, refinancing risk, delist~, suspended trading, collapse~, credit crunch,
        financial crisis, meltdown, crisis, debt restructuring, turmoil, panic, burn rate
        accelerating, wiped out, contagion, ponzi
        """,
    ),
    Phrases(
        "trouble",
        -1.0,
        """
        weak demand, suffer~, struggle~, hurt~ by, hit by, hit hard, hamper~, burden~ by, weigh~
        on, weigh~ down, plagued, delay~, postpone~, setback, strike by|at|of|action, on strike,
        walkout, go~ on strike, fire at|broke|destroyed, explosion, accident, spill, loss of ..
        contract|customer, difficult market|year|quarter|condition|situation|environment,
        challenging, tough market, tough, difficulty, difficulties, slump in, recession,
        downturn, headwind, uncertain, gloomy, pessimistic, pessimism, cautious, negative
        impact|effect, negatively, adverse, adversely, unfortunately, fierce|intense|tough
        competition, price pressure|erosion|war, heavy discounting, discounting, concern
        over|about, threat~, threaten~, halted, disrupt~, disruption, outage, glitch, fail~,
        failure, resign~ abruptly|amid, abrupt departure, drag on, shortfall, could not be
        passed on, high raw material|energy|fuel, under pressure, selloff, dismal, no dividend,
        not pay .. dividend, omit~ .. dividend, cut~ .. dividend, slash~ .. dividend, lower~ ..
        dividend, suspend~ .. dividend, scrap~ .. dividend, dilutive, data breach, cyber attack,
        hack~, damage~ .. to|by, sluggish, bleak, slow down in, stagnant, decline in orders,
        cannot pass on, slow sales, uncertain outlook, lose~ ..
        customer|contract|order|share|ground|market, lost .. to a rival|competitor, problem,
        faces closure, call~ off, called back, wildcat stoppage|strike, stoppage, walk~ away,
        sever~ ties, cut~ ties, end~ .. partnership|contract|deal|cooperation, pull~ the plug,
        throw~ in the towel, stumble~, falter~, buckle~, crumble~, implode~, unravel~, reel~
        from, reeling, flop~, topple~, languish~, drown~, lose~ ..
        shopper|viewer|user|subscriber|client, bleed~ money|cash|red, lose~
        money|steam|momentum|appeal, injure~, kill~, defect, safety concern, little interest,
        nervous, jitters, pain, hardship, woes, blow to|for, hit~ by|hard|from, gloom, shock,
        worst hit, hurt~, dark cloud, in limbo, backlash, boycott~, rift, feud, row over, fail~
        to show|demonstrate|win|agree|pay, study|trial|test was discontinued|halted|stopped,
        rattle~, stall~, stifle~, contracts for|again|sharply|further, whack~, belly up, feared,
        exhausted, keeps prices low, excess capacity
        """,
    ),
    Phrases(
        "words of trouble",
        -0.9,
        """
        ail~, batter~, beleaguered, blunder~, bog~ down, bogged down, botch~, bungle~, choke~,
        clobber~, cripple~, crumple~, dampen~, derail~, dim~, dogged by, embroil~, flail~,
        flounder~, fray~, fumble~, grapple~ with, hammered, hamstrung, hobble~, hobbled,
        jeopardise~, jeopardize~, jettison~, lag~, lag~ behind, limp~, maul~, mired, oust~,
        plague~, pummel~, punish~, quash~, roil~, savage~, scupper~, shrivel~, shun~, skid~,
        snub~, sour~, spook~, sputter~, squander~, stagnate~, stutter~, swoon~, tarnish~,
        thwart~, torpedo~, wilt~, wither~, wobble~, wreck~, debacle, fiasco, woe, mess, hiccup,
        headache, rout, glut, exodus, crunch, standoff, impasse, deadlock, bottleneck, blaze,
        flaw, fallout, carnage, bloodbath, plight, doom, nightmare, malaise, evasion,
        embezzlement, contamination, contaminated, tainted, grounded, lose~ ..
        licence|license|permit|contract|patent, licence revoked, revoke~, not renewed, strip~
        of, terminate~ .. contract|agreement|deal, contract .. terminated|cancelled, blame~,
        backfire~, in trouble, at risk, on the brink, on the ropes, dire, out of service,
        flooding, run~ aground, back taxes, demand~ .. back taxes, no longer viable, burn~
        through cash, run~ out of, hit a snag, hit a wall, cut off, short of cash, rights issue,
        overdue, unpaid
        """,
    ),
)
