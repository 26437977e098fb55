"""What sounds like news and is none: calendars, notices, descriptions, things that stay."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

# Weakens what else its clause says.
UNCHANGED: Final = "unchanged"

PLAIN: Final = (
    Phrases(
        UNCHANGED,
        0.0,
        """
        unchanged, on a par, at par with, same level, previous year level, at the level of, in
        line with, little changed, steady, flat, reiterate~ .. <guidance>, maintain~ ..
        guidance|outlook|forecast|neutral|hold|rating, keep~ .. hold|neutral|rating, as
        expected, no change, mixed, sideways, stays at, repeat~ its, about the same, stable,
        range bound, tight range, narrow range, was the same, at last year level, left
        unchanged, level of .. previous|last year, holds steady, hold~ near, no material
        effect|impact, not .. material effect|impact, no significant effect|impact, no impact,
        no effect, match~ .. estimate|forecast|expectation|consensus|guidance, matched what, in
        line, meets expectations, no major change, remain~ at the, remain~
        unchanged|stable|flat|steady
        """,
    ),
    Phrases(
        "calendar",
        0.0,
        """
        record date, interim report, financial statement, annual report, press conference, news
        conference, conference call, general meeting, extraordinary general meeting, will be
        published, will be held, closing date, closing price, launch event, trading day, closing
        conditions, customary closing conditions, earnings call, ahead of earnings, earnings
        due, results due, notable earnings, quarterly results due, results day, earnings
        calendar, to report, report~ tomorrow, earnings preview, increase was registered,
        publish~ .. results, release~ .. results, annual result, statement of results, opening
        ceremony, shut off
        """,
    ),
    Phrases(
        "ownership",
        0.0,
        """
        share issue, following the increase, reduction of .. share capital, increase~ .. share
        capital, capital increase, cut stake, trim~ .. stake, raise~ .. stake, increase~ ..
        stake, lower~ .. stake, cut~ .. stake, reduce~ .. stake, increase~ .. holding, reduce~
        .. holding, fall~ below .. threshold|#, fell below, exceed~ .. threshold|# %|#, rise~
        above .. threshold, transfer of shares, own shares, acquired .. shares in, option right,
        option programme, disposal of .. share, below #, above #, drop~ below .. percent,
        increase~ its share
        """,
    ),
    Phrases(
        "set phrases",
        0.0,
        """
        set~ up, start~ up, sign~ up, make~ up, end~ up, go~ on sale, follow up, back up, add~
        that, add~ up to, in addition to, high school, high voltage, high speed, high
        definition, high tech, high quality, low voltage, low grade, low cost, higher education,
        grown up, rise~ to .. occasion, fall season, last fall, cut off, contract
        period|price|manufacturer|manufacturing, in order to, order to, award ceremony, loss
        adjuster, loss carry, loss of our|his|her|life, profit sharing, non profit, nonprofit,
        not for profit, win win, slow cooker, cool storage, gain access, dive into, spring~ up,
        record of, record label, track record, on record, for the record, off the record,
        records show, slide show, slide deck, expand upon, jump in and, tank
        container|truck|car, storage tank, think tank, boom lift, crash test, slip road, double
        decker, double room, triple a, lift manufacturer, lift maker, lift truck, rating agency,
        credit rating agency, risk management, risk of .. fall, hedge~, risk free, fire
        safety|alarm|resistant|protection|station|department, strike price, in the long run,
        light weight, growth company, growth capital, growth fund, growth market, restriction
        order, interest free, good morning, record number|date, market participant, solid
        wood|fuel|state|waste, strong point, sales director, sales manager, sales office, sales
        network, sales channel, sales and marketing, sales company, sales unit, sales force,
        point of sale, strategic option, high rise, low rise, low carbon, climb frame, high end,
        lower house, upper and lower, lower saxony, lower limit, higher than .. limit, fail
        safe, charge card, charging station, unlike, target company, target group, targets
        remain, financial targets, growth target, annual growth of, restructuring plan,
        increase~ its offer, price analysis, expected to be|close, previously announced, award
        winning, down to earth, down payment, sit~ down, write down your, right down, stop loss,
        delay~ to .. by holiday, delivered, deliver~ .. capacity, net asset value per, had
        forecast, polled by, had expected, not disclosed, not to disclose, approval of the, must
        .. be approved, subject to .. approval, is subject to, to be approved, seek~ ..
        approval, apply~ for, seeks .. approval|permission, for approval, =sale of, from ..
        peak|high|record|ath, from its high|low|peak|record, from .. record high|low, from ..
        all time high, shares outstanding, loss making subsidiary|unit, targets .. growth,
        growth targets, target .. growth, leading global|european|finnish|nordic|international,
        take~ up, promising that|to|users, stable outlook, cost~ #, order number, contract
        includes, contract covers, agreement covers|includes, excluding|including ..
        cost|item|charge|expense|provision|gain, result~ from|in, highs and lows, before ..
        items|charges, discontinued unit|operation|business, losses carried, loss carried,
        profit loss account|statement, profit loss, give~ notice that, halving, decline~ to
        say|comment|disclose, pending release, halted pending, correction :, requires
        clearance|approval, step~ down after planned, lead~ the charge, pauses for breath, rise
        and fall, bulls and bears, block space, building block, on sale, sale price, loss
        making, preliminary agreement, agreement .. sale|lease|purchase of,
        comparison|comparative figures, comparative figure, outstanding shares, rig count,
        smaller guest, first phase, patent dispute, blast furnace, license plate, driving
        licence, full name
        """,
    ),
)
