"""What traders and tickers say in a line: ratings, results, charts, openings."""

from typing import Final

from aitrader_models.rules.patterns import Phrases
from aitrader_models.rules.words.plain import EXPLAINER

TWEETS: Final = (
    Phrases(
        "ratings up",
        1.5,
        """
        start~|initiate~|assume~|resume~|coverage .. <buy>, initiated bullish, named top pick,
        conviction buy, added to .. list, bull case, buy call, pt up, positive catalyst
        """,
    ),
    Phrases(
        "ratings down",
        -1.5,
        """
        start~|initiate~|assume~|resume~|coverage .. <sell>, cut~ at, removed from .. list, bear
        case, sell call, short call, short seller
        """,
    ),
    Phrases(
        "ratings kept",
        0.0,
        """
        start~|initiate~|assume~|resume~|maintain~|reiterate~ .. <keep>, equal weight,
        market|sector|peer perform
        """,
    ),
    Phrases(
        "results",
        1.4,
        """
        eps beats, beats by|on, beats, tops, topped, beat and raise, double beat, crushed it,
        profit|sales|revenue|earnings|comps beat, profit jump|surge, above consensus, way above,
        guides .. above, nice quarter, strong quarter|report|results|earnings
        """,
    ),
    Phrases(
        "results missed",
        -1.4,
        """
        eps misses, misses by|on, missed by, misses, missed, double miss, below consensus,
        profit|sales|revenue|rev|earnings|comps miss, guides .. below, soft|light guide, weak
        quarter|report|results|earnings, ugly quarter, secondary|stock|share offering
        """,
    ),
    Phrases(
        "revenue only",
        0.6,
        """
        beats on revenue, revenue beats|beat, beats revenue
        """,
    ),
    Phrases(
        "revenue missed",
        -0.6,
        """
        misses on revenue, revenue misses|miss, misses revenue
        """,
    ),
    Phrases(
        "moved up",
        1.2,
        """
        $tag +# %, +# % premarket|after|afterhours|today|pre|on|as|in, shares|stock|shrs +# %,
        gap~ up, shorts scrambling, joins the s p, buy~ back,
        sales|revenue|comps|profit|earnings|bookings +# %
        """,
    ),
    Phrases(
        "moved down",
        -1.2,
        """
        $tag -# %, -# % premarket|after|afterhours|today|pre|on|as|in, shares|stock|shrs -# %,
        gap~ down, get~ whacked|smoked|wrecked|destroyed|hit|crushed,
        sales|revenue|comps|profit|earnings|bookings -# %
        """,
    ),
    Phrases(
        "charts up",
        1.2,
        """
        breakout, break~ out, golden cross, uptrend, bull flag, cup and handle, handle complete,
        higher high, higher highs, higher lows, off the lows, off .. lows, bounce~ off,
        bottomed, held|hold~ support, reclaim~, oversold, momentum, short squeeze, squeeze~
        shorts, next stop, bulls in control, bullish, outperform~, pop~, rally~, rip~ higher,
        roar~ back, to the moon, green day, green on the day, surprise draw, draw in crude
        """,
    ),
    Phrases(
        "bought",
        1.2,
        """
        adding here, added to my, bought more, buy~ more, buy the dip, buyers step~, loading up,
        loading calls, buying .. calls, calls .. paying, long here, new long, going long, love
        it, love this, gorgeous, chart looks great|good|strong, printing money, insider buying,
        keep~ buying, picked up another, in the open market, discloses .. stake
        """,
    ),
    Phrases(
        "charts down",
        -1.2,
        """
        breakdown, break~ down, death cross, downtrend, bear flag, bull trap, dead cat bounce,
        head and shoulders, lower low, lower highs, lower lows, lose~|break~ support, broke
        below, lost the, roll~ over, rejected at, overbought, bears in control, bearish, bulls
        trapped, headed to, headed for .. low, tank~, slump~, halves, widening, red day, in the
        red, red across, yield curve invert~, invert~
        """,
    ),
    Phrases(
        "sold",
        -1.2,
        """
        taking profits, going short, short here, short from here, new short, sell here, insider
        selling, puts bought, puts .. paying, dump~, overvalued, bubble, stay away, ugly, toast,
        broken, bagholder, bloodbath, rout, crushed, hammered, slammed, pounded, loses its,
        sellers everywhere, place to hide, no visibility, yikes, to zero
        """,
    ),
    Phrases(
        EXPLAINER,
        0.0,
        """
        stock futures, futures point, here what|are|is, what to watch, watch live, morning
        brief, closing bell, stocks making .. moves, biggest moves, most active, movers, gainers
        and losers, top gainers|losers, chart of the day, this day in history, opinion,
        explained, explainer, what everyone, poll, vote below, deal or no deal, key dates, live
        blog, podcast, webinar, join our, sign up for, in thin .. trade, good place
        """,
    ),
    Phrases(
        "filings",
        0.0,
        """
        ex dividend, declares .. dividend, dividend declared, quarterly dividend of, dividend
        stock, monthly|quarterly distribution, option volume, options activity, unusual options,
        options imply, earnings call transcript, to present at, conference presentation,
        investor conference, conference : slides, insider sold, resale of, files .. offering,
        prices .. offering|notes, mixed shelf, shelf registration, form #, sec form, trading
        halted, halted news pending, news pending, renews .. facility, extends ..
        offer|maturity|deadline, stakes building, growth|best stocks, stocks to buy|watch,
        budget bill, signs order, treasury|bond yield, year yield, yield at, basis point,
        auction
        """,
    ),
)
