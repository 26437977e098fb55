"""How things move: above zero is up."""

from typing import Final

from aitrader_models.rules.patterns import Phrases, compile_index

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
        soar~, surge~, skyrocket~, leap~, rocket~, jump~, balloon~, boom~, rip~, triple~,
        quadruple~, upsurge, spike~, roar~, moon~, double~, multiply~, pop~, shoot~ up, outrun~,
        zoom~, lift~ off, explode~, storm~, vault~, catapult~, race~ ahead, go~ parabolic,
        quintuple~
        """,
    ),
    Phrases(
        INTRANSITIVE,
        1.0,
        """
        rise~, grow~, climb~, gain~, increase~, advance~, rally~, rebound~, recover~, expand~,
        accelerate~, go~ up, move~ up, up, higher, pick~ up, edge~ up, edge~ higher, tick~ up,
        tick~ higher, bounce~, swell~, progress~, uptick, upturn, upswing, recovery,
        appreciate~, swing~ higher, at highest, highest, record, new high, reach~ a high, inch~
        up, inch~ higher, head~ higher, close~ higher, open~ higher, trade~ higher, mount~,
        escalate~, upward, at an all time high, hike, all time high, record high, new record
        """,
    ),
    Phrases(
        INTRANSITIVE,
        1.1,
        """
        # week high, # month high, # year high, # day high, year high, month high, week high,
        century high, decade high, fresh high, multi year high, new high, new peak, fresh peak,
        record high, record level, to a peak, all time peak, month peak, year peak, all time
        highs, ath, hit~ .. record, set~ .. record, reach~ .. record, new .. record, new highs,
        record highs, highest
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.1,
        """
        # week low, # month low, # year low, # day low, year low, month low, week low, century
        low, decade low, fresh low, multi year low, new low, record low, all time low, all time
        lows, record lows, lowest, new lows
        """,
    ),
    Phrases(
        TRANSITIVE,
        1.0,
        """
        raise~, lift~, boost~, hike~, bolster~, extend~, enhance~, push~ up, drive~ up, add~,
        step~ up, ramp~ up, scale~ up, enlarge~, broaden~, bump~ up, bring~ up, =ups, =upped,
        =upping
        """,
    ),
    Phrases(
        ADJECTIVE,
        1.0,
        """
        higher, rising, growing, increased, increasing, greater, larger, bigger, strong,
        stronger, strongest, robust, solid, healthy, brisk, buoyant, record, improved,
        improving, firmer, favourable, favorable, good, better, best, excellent, vigorous,
        lively, soaring, surging, booming, rapid, double digit, impressive, exceptional, wider,
        recovering, stellar, upbeat, full order
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.3,
        """
        plunge~, plummet~, slump~, crash~, tumble~, collapse~, crater~, nosedive~, tank~, dive~,
        evaporate~, halve~, sink~, dry~ up, bleed~, freefall, free fall
        """,
    ),
    Phrases(
        INTRANSITIVE,
        -1.0,
        """
        fall~, drop~, decline~, decrease~, slide~, slip~, dip~, shrink~, =contracted,
        =contracting, diminish~, go~ down, down, lower, retreat~, sag~, ease~, slow~, slow~
        down, slowdown, cool~, dwindle~, narrow~, edge~ down, edge~ lower, tick~ down, tick~
        lower, recede~, ebb~, fade~, lose~ ground, at lowest, lowest, downturn, downswing, fall~
        back, be~ off, depreciate~, wane~, close~ lower, open~ lower, trade~ lower, head~ lower,
        halving, downward, subside~, abate~, stagnate~, record low, all time low, new low, multi
        year low, sell off, selloff, moderate~
        """,
    ),
    Phrases(
        TRANSITIVE,
        -1.0,
        """
        cut~, reduce~, lower~, slash~, trim~, shave~, pare~, drive~ down, bring~ down, push~
        down, scale~ back, scale~ down, curb~, shed~, axe~, lose~, eliminate~, depress~, dent~,
        hurt~, hamper~, squeeze~, weigh~ on, drag~ on, drag~ down, eat~ into, downsize~, cut
        back, pull~ down, suppress~, suspend~, omit~, skip~, withdraw~, erode~
        """,
    ),
    Phrases(
        ADJECTIVE,
        -1.0,
        """
        lower, falling, declining, decreased, decreasing, reduced, shrinking, smaller, weak,
        weaker, weakest, weakening, soft, softer, sluggish, slow, slower, slowing, poor, poorer,
        low, lower than, bad, worse, unfavourable, unfavorable, disappointing, subdued, muted,
        tepid, sliding, plunging, dwindling, anaemic, anemic, bleak, gloomy, thin, thinner,
        modest fall, slack, sagging, slumping, thinning, fewer, less, dismal, faltering
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
        QUALITY,
        0.9,
        """
        improve~, strengthen~, improvement in|of, enhance~, optimise~, optimize~
        """,
    ),
    Phrases(
        QUALITY,
        -1.0,
        """
        worsen~, weaken~, deteriorate~, deterioration
        """,
    ),
    Phrases(
        INTRANSITIVE,
        1.0,
        """
        widen~, mushroom~, deepen~
        """,
    ),
)
MOVES: Final = compile_index(LISTS, {})
