"""What is bad news by itself, in any kind of text."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

BAD: Final = (
    Phrases(
        "lay-offs",
        -1.8,
        """
        layoff, lay~ off, lay offs, redundant, redundancy, <workers> .. made redundant,
        <cut>|shed~|axe~|eliminate~|dismiss~ .. <workers>, terminate~ ..
        employee|worker|employment, fire~ .. workers|staff|employees, number of
        employees|personnel|staff|jobs .. <cut>, reduction of|in .. <workers>, cuts in
        personnel, fewer staff, cutbacks, downsize~, furlough~, personnel|staff|workforce
        reduction|cut, job cut|loss, loss of .. job, lose~ .. job, job .. go|disappear|risk,
        post .. go|disappear|cut|axed, will disappear, give~ notice, sack~, dismissal, without
        work, need for reduction, number of .. redundant|dismissed,
        start~|begin~|initiate~|open~|launch~ ..
        codetermination|statutory|personnel|employee|cooperation negotiation|talk|procedure
        """,
    ),
    Phrases(
        "closures",
        -1.3,
        """
        close~ down, <end> .. <plant>, <plant> .. closed|closing|shut, <plant> closure, closure
        of .. <plant>, will be closed|shut, is being closed, shut~ down, shutdown, close~|shut~
        .. doors, close~ # .. store|branch|shop|outlet, store closings, wind~ down|up ..
        operation, discontinue~ the|its, cease~|halt~|stop~|suspend~ ..
        production|operation|trading|work|sales|flights|service, production stoppage|cut, cut~
        production, standstill, curtail~, out of service, grounded, exit~ .. market|business,
        pull~ out of, <plant> .. stops, cut~ .. departure|flight|route|shift, cancel~ ..
        order|contract|flight|sailing|project|event|departure|service|tour, talks|negotiation ..
        break~ down|off, talks|negotiation .. fail~|collapse~, ordered into liquidation, face~
        closure|liquidation, idled, mothballed
        """,
    ),
    Phrases(
        "warnings",
        -1.8,
        """
        profit|earnings|sales warning, warn~, <cut>|downgrade~ .. <guidance>, <drop> ..
        guidance|outlook|forecast|target, <guidance> .. <cut>, lowers|lowered its view, reel~
        in|rein~ in .. <expected>, dial~ back|temper~ .. <expected>, revise~ ..
        down|downward|downwards, guide~ below|lower|down, guides light, guidance light,
        soft|weak|light|disappointing|gloomy|bleak guidance|outlook|forecast, downside guidance,
        not expect|see|believe|anticipate|foresee ..
        recover~|improve~|grow~|increase~|rise~|pick~, materially lower, clearly lower|weaker,
        below|behind plan, behind schedule, give~|gave up .. <guidance>, not
        reach~|meet~|achieve~ .. <expected>|goal|endpoint|objective, not expect ..
        reach~|meet~|achieve~, unlikely .. reach~|meet~|achieve~|recover~|grow~, will not
        reach|meet|achieve
        """,
    ),
    Phrases(
        "below expectations",
        -1.4,
        """
        miss~|trail~|undershoot~ .. <expected>, miss~ by|on, misses, missed .. target, fall~
        short, below .. <expected>, short of .. <expected>, lower than .. <expected>, fail~ to
        meet, steeper .. than, lower than last|previous, clearly below, remain~ below, turn~
        negative, underperform~, disappoint~, disappointment, disappointing, negative surprise,
        worst, gloomier, steepest|sharpest|biggest drop|fall|decline, worse|weaker|slower than
        expected|forecast|feared|anticipated, below ..
        last|previous|prior|preceding|year|level|figure|those, # %|pct below, turn for the
        worse, half of what, half that|as, less than half, trail~|lag~ ..
        competitor|rival|peer|market, not materialise~|materialize~, no sign of ..
        recovery|improvement|growth, # %|pct less|fewer ..
        last|year|period|quarter|earlier|before|expected, weakest|slowest|poorest ..
        ever|history|since|year|decade, sell~ poorly|badly, # %|pct behind,
        less|worse|lower|slower|weaker than .. hoped|expected|anticipated
        """,
    ),
    Phrases(
        "downgrades",
        -1.6,
        """
        downgrade~, cut~ to <sell>|<keep>, <cut> .. price <target>, <cut> .. <target>, <cut> ..
        target price, <cut> .. rating|recommendation, <target> .. <cut>, negative outlook|watch,
        outlook .. negative, review for .. downgrade, to sell from, sell rating, rated sell, to
        junk, junk territory|status, overvalued, on watch negative, on negative watch, put~ ..
        watch negative, change~ to negative, outlook .. to negative, consider~|see~ ..
        expensive|overvalued
        """,
    ),
    Phrases(
        "loss made",
        -1.2,
        """
        swing~|swung|turn~|fall~|slip~ .. to .. loss, profit .. to .. loss, loss vs|versus,
        in|into the red, red ink, unprofitable, negative result, squeezed margins, profit|margin
        squeeze, result|profit|earnings|ebit|ebitda|eps|income .. -#, remain~ .. unprofitable,
        remain~ loss making, turn~ .. negative, loss again, keep~|remain~|stay~ .. negative
        """,
    ),
    Phrases(
        "charges",
        -1.1,
        """
        write~ .. down|off, goodwill charge, restructuring cost|charge|provision|expense,
        extraordinary|additional|extra cost|expense, book~ .. charge, cost|budget overrun, cost~
        .. hundreds|millions|billions, recall~ .. #|product|car|vehicle, product recall,
        recalling, burden~, penalty, damages, fine~ .. eur|usd|million, fined, fine of, hit with
        .. fine|bill|penalty|charge, pay~ .. damages|fine|penalty, pay~ .. to settle, to pay ..
        settlement, settlement bill, agree~ to pay, back taxes, at a discount, propose~ ..
        fine|penalty, fine against, off|time|recurring cost|charge|loss|expense, cause~ ..
        cost|charge|expense, set aside .. # .. loan|loss|damages|costs
        """,
    ),
    Phrases(
        "law",
        -1.3,
        """
        lawsuit against, file~ .. lawsuit|suit|complaint, face~ .. litigation, litigation
        against, class action, sue~, allege~, allegation, accuse~, accusation, indict~, arrest~,
        charge~ with, charges against, probe~, investigate~, investigation into, under
        investigation, subpoena~, antitrust probe|fine|case|suit, raid~, crackdown, guilty,
        convict~, court ordered, order~ .. to pay, rule~ against, lose~ .. <suit>|court,
        sanction~, ban~, prohibit~, reject~ .. appeal|application|offer|bid|proposal, fda
        reject~|decline~, block~ .. deal|merger|sale, violate~, violation, breach~, infringe~,
        infringement, restate~, revoke~, strip~ of, lose~ .. licence|license|permit|patent,
        court .. rule~|find~|decide~ against, police inquiry|investigation, step~ aside,
        suspect~, suspicion, demand~|seek~|claim~ .. compensation|damages, compensation claim,
        permit|licence|license|application|request .. denied|rejected|refused
        """,
    ),
    Phrases(
        "wrongdoing",
        -1.4,
        """
        fraud, fraudulent, bribe~, bribery, corruption, kickback, money laundering, cartel,
        price fixing|rigging, insider trading, embezzle~, embezzlement, misconduct, scandal,
        sham, cover up, swindle~, dupe~, blackmail~, extort~, evasion, ponzi, whistleblower,
        short report, fake revenue, accounting irregularity|irregularities, data breach, cyber
        attack, hack~
        """,
    ),
    Phrases(
        "distress",
        -1.7,
        """
        bankrupt, bankruptcy, insolvent, insolvency, receivership, liquidator, administration
        proceedings, creditor protection, default~ on, defaulted, in default, going concern,
        debt|liquidity|financial crisis, cash|credit crunch, meltdown, breach~ .. covenant,
        covenant breach, refinancing risk, debt restructuring, delist~, suspended trading,
        collapse~, turmoil, panic, contagion, wiped out, belly up, run~ out of, burn~ through
        cash, short of cash, no longer viable, on the brink, chapter #
        bankruptcy|protection|filing|petition|proceedings, file~ .. chapter #, file~ for ..
        reconstruction|reorganisation|reorganization|protection|administration, unable to, not
        able to
        """,
    ),
    Phrases(
        "dividends missed",
        -1.3,
        """
        no dividend, not pay .. dividend, <cut>|<drop> .. dividend, dividend .. not
        paid|distributed, dividend .. not be paid|distributed
        """,
    ),
    Phrases(
        "business lost",
        -1.2,
        """
        lose~ .. <users>|<contract>|share|ground|market, lost .. to a rival|competitor, loss of
        .. <contract>|customer, <contract> .. terminated|cancelled, not renewed, sever~|cut~
        ties, walk~ away, divest~ from, call~ off, turn~ down, terminate~|=ends|=ended|cancel~
        .. <contract>|partnership|cooperation, switch~ to .. rival|competitor
        """,
    ),
    Phrases(
        "bad markets",
        -1.0,
        """
        fierce|intense|tough competition, price pressure|erosion|war, discounting, difficult
        market|year|quarter|condition|situation|environment, tough market, challenging, tough,
        difficulty, recession, downturn, headwind, under pressure, excess capacity, high raw
        material|energy|fuel, sluggish, stagnant, slump in, uncertain, gloomy, gloom, bleak,
        dismal, pessimistic, pessimism, cautious, nervous, jitters, feared, concern over|about,
        bode~ ill|badly, tail~ off, weak|low|poor|soft|slack demand, lack of orders|demand|work,
        below capacity, outlook .. poor|bleak|negative|weak, hesitant, hesitate~, reluctant,
        reluctance, wait and see, poor|bad|adverse weather, lack of, outlook|prospect ..
        clouded, overcast, poor visibility, visibility is|remains poor|weak|low|limited, freeze~
        .. investment|hiring|recruitment|pay, put~|place~ .. on hold|ice, =shelved, =shelving,
        contracts again|sharply|further, no new|more order|work, no order|demand|buyer, start~
        slowly|weakly|badly|poorly, weak|slow|poor|bad start
        """,
    ),
    Phrases(
        "mishaps",
        -1.0,
        """
        delay~, postpone~, setback, disrupt~, disruption, outage, glitch, halted, shortfall, on
        strike, walkout, stoppage, explosion, accident, spill, blaze, flooding, run~ aground,
        contamination, contaminated, defect, flaw, safety concern, injure~, kill~, fail~,
        failure, study|trial|test was discontinued|halted, abrupt departure, backlash, boycott~,
        rift, feud, problem, put~ off, breakdown, # day|week|month late, late by, behind time,
        over budget, refuse~ .. money|funding|credit|loan|financing,
        fire|storm|flood|hurricane|earthquake|explosion .. damage~|destroy~|halt~, fire
        at|broke, strike by|at|of|action, owing|due|because .. strike, interrupt~, interruption,
        stand~ idle|still, complete stop|halt, grind~ to .. halt|standstill, come~ to ..
        halt|standstill|stop, strike .. stop~|halt~|close~|cost~|paralyse~, stop~ ..
        production|exports|deliveries|operations, late deliveries, lockout, drought, theft,
        leak~, evacuate~, resign~ abruptly|amid|after, row over|with, side effect, faulty, not
        show|demonstrate .. benefit|effect|improvement|difference, push~ back to|until|by,
        fall~|leave behind
        """,
    ),
    Phrases(
        "harm",
        -1.0,
        """
        suffer~, struggle~, hurt~ by, hit~ by|hard|from, worst hit, hamper~, weigh~ on|down,
        plague~, threat~, threaten~, damage~ .. to|by, negative impact|effect, negatively,
        adverse, adversely, unfortunately, blow to|for, shock, pain, hardship, drag on, hurt~,
        dilutive, criticise~|criticize~, condemn~, slam~, blame~, drag~|send~|pull~|push~|drive~
        .. lower|low|down|tumbling|plunging|sliding|falling|reeling|sinking, force~ .. to,
        =blasted
        """,
    ),
    Phrases(
        "words of trouble",
        -0.9,
        """
        ail~, backfire~, batter~, beleaguered, bleed~ money|cash|red, blunder~, bog~ down,
        botch~, buckle~, bungle~, choke~, clobber~, cripple~, crumble~, crumple~, dampen~,
        derail~, dim~, dogged by, drown~, embroil~, falter~, flail~, flop~, flounder~, fray~,
        fumble~, grapple~ with, hammered, hamstrung, hobble~, implode~, jeopardise~|jeopardize~,
        jettison~, lag~, languish~, limp~, lose~ money|steam|momentum|appeal, maul~, mired,
        oust~, pummel~, punish~, quash~, rattle~, reel~ from, reeling, roil~, savage~, scupper~,
        shrivel~, shun~, skid~, snub~, sour~, spook~, sputter~, squander~, stagnate~, stall~,
        stifle~, stumble~, stutter~, swoon~, tarnish~, thwart~, topple~, torpedo~, unravel~,
        whack~, wilt~, wither~, wobble~, wreck~, pull~ the plug, throw~ in the towel
        """,
    ),
    Phrases(
        "states of trouble",
        -0.9,
        """
        debacle, fiasco, woe, mess, hiccup, headache, rout, glut, exodus, crunch, standoff,
        impasse, deadlock, bottleneck, fallout, carnage, bloodbath, plight, doom, nightmare,
        malaise, selloff, tainted, in trouble, in limbo, at risk, on the ropes, dire, hit a
        snag|wall, cut off, overdue, unpaid, exhausted
        """,
    ),
)
