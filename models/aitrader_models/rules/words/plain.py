"""What sounds like news and is none: calendars, notices, set phrases, things that stay."""

from typing import Final

from aitrader_models.rules.patterns import Phrases

# Weakens what else its clause says.
UNCHANGED: Final = "unchanged"
# Weakens all that its text says.
EXPLAINER: Final = "explainer"

PLAIN: Final = (
    Phrases(
        UNCHANGED,
        0.0,
        """
        unchanged, no change, no major change, little changed, steady, holds steady, flat,
        stable, mixed, sideways, range bound, tight|narrow range, on a par, at par with, same
        level, was the same, about the same, at the level of, previous year level, at last year
        level, level of .. previous|last year, remain~ at the, remain~ stable|flat|steady, stays
        at, hold~ near, as expected, in line, in line with, meets expectations, matched what,
        match~ .. estimate|forecast|expectation|consensus|guidance, reiterate~ .. <guidance>,
        maintain~ .. guidance|outlook|forecast|rating, maintain~|keep~ .. <keep>, repeat~ its,
        no material|significant effect|impact, not .. material effect|impact, no impact|effect
        """,
    ),
    Phrases(
        "calendar",
        0.0,
        """
        record date|number, interim report, financial statement, annual report|result, to
        report, report~ tomorrow, publish~ .. results, release~ .. results, statement of
        results, general meeting, extraordinary general meeting, press|news conference,
        conference call, earnings call|due|calendar|preview, ahead of earnings, notable
        earnings, results due|day, quarterly results due, will be held|published, closing
        date|price|conditions, trading day, customary closing conditions, launch event,
        opening|award ceremony, award winning, previously announced, increase was registered,
        presentation|conference|call|earnings slides, slides posted
        """,
    ),
    Phrases(
        "ownership",
        0.0,
        """
        <raise>|<cut> .. stake|holding, <raise> .. share capital, reduction of .. share capital,
        capital increase, following the increase, increase~ its share, share issue, own shares,
        transfer of shares, acquired .. shares in, disposal of .. share, shares outstanding,
        outstanding shares, option right|programme, fall~ below .. threshold|#, fell below,
        below #, above #, drop~ below .. percent, exceed~ .. threshold|# %|#, rise~ above ..
        threshold, give~ notice that, authorise~ the board, authorize~ the board,
        authorised|authorized to decide, trading in .. share|shares, letter of intent,
        memorandum of understanding, reduced|lowered|adjusted by .. dividend, auditor ..
        elect~|choose~|select~
        """,
    ),
    Phrases(
        "still open",
        0.0,
        """
        must .. be approved, to be approved, for approval, subject to .. approval, is subject
        to, approval of the, requires clearance|approval, seek~ .. approval|permission, apply~
        for, preliminary agreement, had forecast|expected, polled by, expected to be|close,
        decline~ to say|comment|disclose, not disclosed, not to disclose, increase~ its offer,
        financial targets, target .. growth, growth target, annual growth of, sign~ ..
        preliminary agreement
        """,
    ),
    Phrases(
        "terms of a deal",
        0.0,
        """
        contract includes|covers|period|price|manufacturer|manufacturing, agreement
        covers|includes, agreement .. sale|lease|purchase of, order number, in order to, order
        to, delivered, deliver~ .. capacity, patent dispute, first phase, target company|group,
        strategic option, sale price, on sale, go~ on sale, point of sale, =sale of, lease~ ..
        contract, arbitration award, date for the award, invite~ bids, can|may be
        ordered|bought|viewed|obtained, value of .. order|contract|deal .. not
        disclosed|public|revealed|published
        """,
    ),
    Phrases(
        "accounts",
        0.0,
        """
        excluding|including .. cost|item|charge|expense|provision|gain, before .. items|charges,
        profit loss, profit loss account|statement, losses carried, loss carry|carried|adjuster,
        loss making, loss making subsidiary|unit, loss of our|his|her|life, profit sharing, non
        profit, nonprofit, not for profit, discontinued unit|operation|business, comparative
        figure, comparison|comparative figures, net asset value per, interest free, strike
        price, stop loss, down payment, restructuring plan, figure .. restated, restated
        figure|accounts, chapter # section, number of personnel|staff|employees,
        comparative|comparison|comparable figure .. restated
        """,
    ),
    Phrases(
        "names and trades",
        0.0,
        """
        sales director|manager|office|network|channel|company|unit|force, sales and marketing,
        rating agency, credit rating agency, risk management, risk free, risk of .. fall,
        hedge~, growth company|capital|fund|market, market participant, think tank, record
        label, lift manufacturer|maker|truck, boom lift, tank container|truck|car, storage tank,
        leading global|european|finnish|nordic|international, blast furnace, crash test, slip
        road, fire safety|alarm|resistant|protection|station|department, charge card, charging
        station, solid wood|fuel|state|waste, strong point, rig count, building block, block
        space, halving, slide show|deck, lower house|limit, lower saxony, upper and lower,
        double decker|room, driving licence, license plate, high
        school|voltage|speed|definition|tech|quality|rise|end, low
        voltage|grade|cost|rise|carbon, light weight, higher education, triple a, fail safe
        """,
    ),
    Phrases(
        "turns of speech",
        0.0,
        """
        set~|start~|sign~|make~|end~|take~|spring~|follow|back|grown up, add~ that, add~ up to,
        in addition to, rise and fall, highs and lows, bulls and bears, from ..
        peak|high|record|ath, from its high|low|peak|record, from .. record high|low, from ..
        all time high, track record, on|off the record, for the record, records show, cut off,
        sit~ down, down to earth, in the long run, fall season, dive into, jump in and, expand
        upon, gain access, promising that|to|users, result~ from|in, cost~ #, lead~ the charge,
        win win, unlike, correction :, strengthening|weakening of the
        krona|euro|dollar|yen|pound|rouble|currency|franc, strong|weak|stronger|weaker
        krona|euro|dollar|yen|pound|rouble|franc, stable outlook, outlook .. stable, open ended,
        from stable, to stable, next|last|this fall, shareholder value, value added, in advance
        """,
    ),
    Phrases(
        "appointments",
        0.0,
        """
        hire~|name~|appoint~|elect~ ..
        head|chief|ceo|cfo|officer|president|director|chairman|chair, choose~|select~|appoint~
        .. auditor|member|manager, step~ down|aside as|from|to
        """,
    ),
)
