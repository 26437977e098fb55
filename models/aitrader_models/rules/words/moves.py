"""How things move: above zero is up."""

from typing import Final

from aitrader_models.rules.patterns import Phrases, compile_phrases, index_of

# Where the noun stands: before (`sales rise`), after (`cut costs`), after (`higher sales`).
INTRANSITIVE: Final = "intransitive"
TRANSITIVE: Final = "transitive"
ADJECTIVE: Final = "adjective"
# Good or bad whatever it is that moves: costs improve and so do profits.
QUALITY: Final = "quality"

LISTS: Final = (
    Phrases(
        INTRANSITIVE,
        1.3,
        """
        soar~, surge~, upsurge, skyrocket~, leap~, rocket~, jump~, balloon~, boom~, rip~,
        spike~, roar~, moon~, pop~, vault~, catapult~, explode~, storm~, zoom~, lift~ off,
        shoot~ up, race~ ahead, go~ parabolic, double~, triple~, quadruple~, quintuple~,
        multiply~, outrun~
        """,
    ),
    Phrases(
        INTRANSITIVE,
        1.0,
        """
        rise~, grow~, climb~, gain~, increase~, advance~, rally~, rebound~, recover~, recovery,
        expand~, accelerate~, bounce~, swell~, progress~, appreciate~, mount~, escalate~, at|on
        a high|good|healthy level, widen~, deepen~, mushroom~, was|were|is|are|be|remain~|stay~
        high, go~|move~|pick~|edge~|tick~|inch~|creep~|trend~ up, treble~, snowball~,
        edge~|tick~|inch~|swing~|head~ higher, close~|open~|trade~ higher, up, upward, uptick,
        upturn, upswing, hike
        """,
    ),
    Phrases(
        INTRANSITIVE,
        1.1,
        """
        # week|month|year|day high, week|month|year|decade|century high, month|year peak, multi
        year high, all time high|peak, at an all time high, record high|level, new|fresh high,
        new|fresh peak, to a peak, reach~ a high, new record, new|hit~|set~|reach~ .. record,
        ath, highest, at highest
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.3,
        """
        plunge~, plummet~, slump~, crash~, tumble~, collapse~, crater~, nosedive~, tank~, dive~,
        sink~, cease~, evaporate~, halve~, halving, dry~ up, bleed~, freefall, free fall
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.0,
        """
        fall~, drop~, decline~, decrease~, slide~, slip~, dip~, shrink~, =contracted,
        =contracting, diminish~, dwindle~, narrow~, retreat~, sag~, ease~, slow~, slow~ down,
        slowdown, cool~, recede~, ebb~, fade~, wane~, subside~, abate~, moderate~, stagnate~,
        at|on a low|poor|weak|modest level, depreciate~, was|were|is|are|be|remain~|stay~ low,
        fall~ back, melt~ away, peter~ out, taper~ off, lose~ ground, be~ off,
        go~|edge~|tick~|inch~ down, edge~|tick~|inch~|head~ lower, close~|open~|trade~ lower,
        down, downward, downturn, downswing, sell off, selloff
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.1,
        """
        # week|month|year|day low, week|month|year|decade|century low, multi year low, all time
        low, record low, new|fresh low, lowest, at lowest
        """,
    ),
    Phrases(
        INTRANSITIVE,
        0.0,
        """
        up to
        """,
    ),
    Phrases(
        TRANSITIVE,
        1.0,
        """
        # %|pct more, raise~, lift~, boost~, hike~, bolster~, extend~, add~, enlarge~, broaden~,
        =ups, =upped, =upping, push~|drive~|step~|ramp~|scale~|bump~|bring~ up, add~ to
        """,
    ),
    Phrases(
        TRANSITIVE,
        -1.0,
        """
        # %|pct less|fewer, cut~, cut back, reduce~, lower~, slash~, trim~, shave~, pare~,
        curb~, shed~, axe~, lose~, eliminate~, depress~, suppress~, dent~, hurt~, hamper~,
        squeeze~, erode~, eat~, downsize~, suspend~, omit~, skip~, withdraw~, weigh~|drag~ on,
        drive~|bring~|push~|scale~|drag~|pull~|knock~|mark~ down, scale~ back
        """,
    ),
    Phrases(
        ADJECTIVE,
        1.0,
        """
        higher, rising, growing, increased, increasing, greater, larger, bigger, wider, record,
        full order, strong, stronger, strongest, robust, solid, healthy, brisk, buoyant,
        vigorous, lively, firmer, =good, better, best, excellent, impressive, exceptional,
        stellar, upbeat, favourable, favorable, improved, improving, recovering, soaring,
        surging, booming, rapid, double digit
        """,
    ),
    Phrases(
        ADJECTIVE,
        -1.0,
        """
        lower, falling, declining, decreased, decreasing, reduced, shrinking, smaller, fewer,
        less, weak, weaker, weakest, weakening, soft, softer, sluggish, slow, slower, slowing,
        slack, poor, poorer, bad, worse, unfavourable, unfavorable, disappointing, dismal,
        subdued, muted, tepid, bleak, gloomy, anaemic, anemic, thin, thinner, thinning, sliding,
        plunging, slumping, sagging, dwindling, faltering
        """,
    ),
    Phrases(
        QUALITY,
        0.9,
        """
        improve~, improvement in|of|on, strengthen~, enhance~, optimise~|optimize~
        """,
    ),
    Phrases(
        QUALITY,
        -1.0,
        """
        worsen~, weaken~, deteriorate~, deterioration
        """,
    ),
)
MOVES: Final = index_of(compile_phrases(LISTS, {}))
