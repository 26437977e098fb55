"""What traders and tickers say in a line: ratings, levels, openings."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

TWEETS: Final = (
    Phrases(
        "ratings up",
        1.5,
        """
        start~ .. at|with buy|outperform|overweight, initiate~ .. buy|outperform|overweight,
        initiated at buy|outperform|overweight, initiated bullish, assume~ .. buy|outperform,
        resume~ .. buy|outperform|overweight, named top pick, conviction buy, added to .. list,
        coverage .. buy|outperform|overweight, pt up, bull case, buy call, positive catalyst
        """,
    ),
    Phrases(
        "ratings down",
        -1.5,
        """
        start~ .. at|with sell|underperform|underweight, initiate~ ..
        sell|underperform|underweight, coverage .. sell|underperform|underweight, bear case,
        sell call, removed from .. list, cut~ at, short seller, short call, steers clear
        """,
    ),
    Phrases(
        "ratings kept",
        0.0,
        """
        initiate~ .. neutral|hold, start~ .. neutral|hold|equal|market, maintain~ neutral|hold,
        equal weight, market perform, sector perform, reiterated neutral|hold, peer perform
        """,
    ),
    Phrases(
        "results",
        1.4,
        """
        eps beats, beats by, beats on, tops, topped, smash~ .. estimate|expectation, crushed it,
        guides .. above, way above, nice quarter, strong quarter|report|results|earnings, profit
        beat|jump|surge, sales beat, revenue beat, earnings beat, beat and raise, double beat,
        comps beat, above consensus, beats
        """,
    ),
    Phrases(
        "results missed",
        -1.4,
        """
        eps misses, misses by, misses on, missed by, below consensus, rev miss, earnings miss,
        weak quarter|report|results|earnings, sales miss, revenue miss, profit miss, ugly
        quarter, guides .. below, double miss, comps miss, soft guide, light guidance, misses,
        missed, dilutive, secondary offering, stock offering, share offering
        """,
    ),
    Phrases(
        "moved",
        1.2,
        """
        $tag +# %, +# % premarket|after|afterhours|today|pre|on|as|in, shares|stock|share|shrs
        +# %, gap~ up, shorts scrambling, joins the s p, buy~ back
        """,
    ),
    Phrases(
        "moved down",
        -1.2,
        """
        $tag -# %, -# % premarket|after|afterhours|today|pre|on|as|in, shares|stock|share|shrs
        -# %, gap~ down, get~ whacked|smoked|wrecked|destroyed|hit, whacked
        """,
    ),
    Phrases(
        "revenue only",
        0.6,
        """
        beats on revenue, revenue beats, revenue beat, beats revenue
        """,
    ),
    Phrases(
        "revenue missed",
        -0.6,
        """
        misses on revenue, revenue misses, revenue miss, misses revenue
        """,
    ),
    Phrases(
        "charts up",
        1.2,
        """
        breakout, break~ out, breaking out, golden cross, bulls in control, bullish, higher
        high, reclaim~, bought more, adding here, love it, loading up, long here, new long, buy
        the dip, to the moon, green day, rip~ higher, short squeeze, bounce~ off, next stop,
        buying .. calls, going long, bottomed, insider buying, keep~ buying, picked up another,
        in the open market, momentum, uptrend, cup and handle, outperform~, pop~, rally~, roar~
        back, bull flag, held support, hold~ support, oversold, surprise draw, draw in crude,
        discloses .. stake, higher highs, higher lows, off the lows, off .. lows, love this,
        buy~ more, buying more, dips get bought, buyers step~, calls .. paying, green on the
        day, loading calls, handle complete, squeeze~ shorts, printing money, gorgeous, added to
        my, chart looks great|good|gorgeous|strong
        """,
    ),
    Phrases(
        "charts down",
        -1.2,
        """
        breakdown, break~ down, death cross, bears in control, bearish, lower low, lose~
        support, broke support, broke below, break~ support, taking profits, going short, short
        here, ugly, new short, red day, get~ crushed, crushed, head and shoulders, insider
        selling, overvalued, stay away, dump~, bloodbath, rout, in the red, downtrend,
        overbought, bear flag, bull trap, dead cat bounce, puts bought, broken, bagholder,
        bubble, yield curve invert~, invert~, rejected at, tank~, headed for .. low, sell here,
        toast, slump~, halves, widening, loses its, hammered, slammed, pounded, lower highs,
        lower lows, short from here, sellers everywhere, roll~ over, rolling over, lost the,
        bulls trapped, puts are paying, place to hide, no visibility, headed to, yikes, red
        across
        """,
    ),
    Phrases(
        "openings",
        0.0,
        """
        stock futures, futures point, here what, here are, here is, what to watch, watch live,
        morning brief, closing bell, stocks making .. moves, biggest moves, most active, ex
        dividend, declares .. dividend, option volume, options activity, unusual options, key
        dates, monthly distribution, quarterly distribution, dividend declared, earnings call
        transcript, to present at, conference presentation, sign up for, join our, podcast,
        webinar, live blog, chart of the day, this day in history, quarterly dividend of,
        opinion, explained, explainer, what everyone, poll, vote below, deal or no deal, insider
        sold, resale of, files .. offering, prices .. offering|notes, mixed shelf, shelf
        registration, form #, sec form, top gainers|losers, gainers and losers, movers, trading
        halted, halted news pending, news pending, renews .. facility, extends .. offer, extends
        maturity, extends .. deadline, stakes building, dividend stock|stocks, growth stocks,
        best stocks, stocks to buy|watch, paid off, in thin .. trade, options imply, good place,
        record number of people, conference : slides, investor conference, budget bill, signs
        order, change rig
        """,
    ),
    Phrases(
        "bonds and bills",
        0.0,
        """
        treasury yield, bond yield, year yield, ten year yield, yield at, basis point, auction
        """,
    ),
)
