"""One table per idea: what an investor reads as good, bad and no news."""

import pytest
from aitrader_models.rules.engine import read
from aitrader_models.rules.genres import route
from aitrader_models.rules.tokens import tokenize
from aitrader_server.domain.decision.views import News

MOVES = {
    "Net sales rose by 5 % .": "positive",
    "Net sales fell by 5 % .": "negative",
    "Costs rose by 5 % .": "negative",
    "Costs fell by 5 % .": "positive",
    "The cost of sales rose .": "negative",
    "The loss widened .": "negative",
    "The loss narrowed .": "positive",
    "Higher sales and lower costs were reported .": "positive",
    "The company cut costs .": "positive",
    "The company cut its dividend .": "negative",
    "Unemployment fell in May .": "positive",
    "Demand for pumps weakened .": "negative",
    "The number of shares increased .": "neutral",
    "The fund raised its stake to 6 % .": "neutral",
    "Shares dropped on demand worries .": "negative",
    "Capacity utilisation was high .": "positive",
    "Order intake was EUR 4 mn , a rise of a fifth .": "positive",
    "The exercise price is reduced by the dividend .": "neutral",
    "Business slowed sharply .": "negative",
}
FIGURES = {
    "Operating profit was EUR 13.1 mn , compared to EUR 8.7 mn .": "positive",
    "Operating profit was EUR 8.7 mn , compared to EUR 13.1 mn .": "negative",
    "Operating profit was EUR131 .1 mn versus EUR0 .66 bn .": "negative",
    "The operating margin was 11.2 % ( 8.9 ) .": "positive",
    "The operating margin was 8.9 % ( 11.2 ) .": "negative",
    "Operating expenses were EUR 9 mn ( EUR 7 mn ) .": "negative",
    "Net sales were EUR 10 mn ( USD 13 mn ) .": "neutral",
    "Net sales ( USD 13 mn ) rose to EUR 10 mn .": "positive",
    "Sales were 102.0 vs. 102.1 .": "neutral",
    "Compared to EUR 5 mn in 2007 , net sales were EUR 7 mn .": "positive",
    "The result went from a loss of EUR 3 mn to a profit of EUR 1 mn .": "positive",
    "From EUR 7 mn a year ago , net sales came down to EUR 5 mn .": "negative",
    "Versus a profit of EUR 5 mn in 2006 , it made a loss of EUR 1 mn .": "negative",
    "A loss of EUR 2 mn compared to a profit of EUR 1 mn .": "negative",
    "A profit of EUR 1 mn compared to a loss of EUR 2 mn .": "positive",
    "The loss was EUR 1 mn against EUR 2 mn a year earlier .": "positive",
    "EBIT was EUR 3 mn negative , compared with EUR 1 mn positive .": "negative",
    "Profit before tax went from EUR 4 mn to EUR 6 mn .": "positive",
    "EPS of 0.3 versus 0.4 .": "negative",
    "Prices range from EUR 10 to EUR 20 .": "neutral",
    "Net sales were EUR 48 mn in 2004 .": "neutral",
    "The number of employees was 412 ( 415 ) .": "neutral",
    "The average staff was 612 ( 580 ) .": "neutral",
    "Turnover was EUR 19 mn , exceeding the EUR 17 mn of last year .": "positive",
    "EUR 2 mn of operating profit compared to EUR 3 mn .": "negative",
    "Of the sales 60 % came from Finland , 20 % from Sweden .": "neutral",
}
EVENTS = {
    "The company won an order for ten cranes .": "positive",
    "The yard received a contract worth EUR 20 mn .": "positive",
    "The unit returned to profit .": "positive",
    "The regulator granted the product approval .": "positive",
    "The company issued a profit warning .": "negative",
    "The plant will be closed .": "negative",
    "The company will lay off 40 people .": "negative",
    "The company was fined for price fixing .": "negative",
    "The result exceeded expectations .": "positive",
    "The result fell short of expectations .": "negative",
    "The delivery will be delayed .": "negative",
    "The yard was chosen as the supplier of the ferry .": "positive",
    "The companies extended their co-operation .": "positive",
    "The firm became the largest distributor in Norway .": "positive",
    "The new pump fills a tank in half the time .": "positive",
    "The company started statutory negotiations .": "negative",
    "A strike halted production .": "negative",
    "The permit application was rejected .": "negative",
    "Sales did not reach the target .": "negative",
    "The auditor was chosen by the board .": "neutral",
    "The arbitration award is due in May .": "neutral",
    "The parties signed a letter of intent .": "neutral",
    "The annual general meeting will be held on 3 May .": "neutral",
    "The terms were not disclosed .": "neutral",
    "Sales are expected to remain unchanged .": "neutral",
    "The pump is designed to reduce energy consumption .": "neutral",
}
SURROUNDINGS = {
    "Demand did not recover .": "negative",
    "The plan does not involve any redundancies .": "neutral",
    "Profit rose in May .": "positive",
    "Customers may buy more .": "neutral",
    "Despite the weak market , profit rose .": "positive",
    "Profit fell although sales rose .": "negative",
    "Sales rose but profit fell sharply .": "negative",
    "The lay-offs have been cancelled .": "positive",
    "Sales could grow if the plan is approved .": "neutral",
}
TWEETS = {
    "$ABCD upgraded to Buy at Norwood": "positive",
    "$ABCD cut to Sell at Norwood": "negative",
    "$ABCD - PT raised to $40 from $31 https://t.co/a": "positive",
    "$ABCD - PT lowered to $31 from $40 https://t.co/a": "negative",
    "$ABCD - EPS beats by $0.05 https://t.co/a": "positive",
    "$ABCD - EPS misses by $0.05 https://t.co/a": "negative",
    "$ABCD +8% premarket": "positive",
    "$ABCD -8% premarket": "negative",
    "$ABCD initiated with Outperform": "positive",
    "$ABCD initiated with Neutral": "neutral",
    "$ABCD declares $0.20 dividend": "neutral",
    "$ABCD breaks support, heading lower": "negative",
    "Stock futures little changed https://t.co/a": "neutral",
    "Here's what to watch on Monday https://t.co/a": "neutral",
    "Join our webinar on options https://t.co/a": "neutral",
}
CRYPTO = {
    "Wallet startup raises $20M in Series A led by Fernhill to bring bitcoin to banks": "positive",
    "Bitcoin hits all-time high": "positive",
    "Bitcoin sinks to one-year low": "negative",
    "Token bridge drained of $40M": "negative",
    "Hackers return stolen tokens": "positive",
    "Crypto exchange launches in Peru": "positive",
    "Crypto exchange halts withdrawals": "negative",
    "Watchdog sues crypto lender": "negative",
    "Court dismisses lawsuit against crypto lender": "positive",
    "What is a blockchain?": "neutral",
    "Bitcoin price analysis for Monday": "neutral",
    "Bitcoin trades sideways": "neutral",
    "Country lifts ban on crypto payments": "positive",
    "Country bans crypto payments": "negative",
}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pair
        for table in (MOVES, FIGURES, EVENTS, SURROUNDINGS, TWEETS, CRYPTO)
        for pair in table.items()
    ],
)
def test_a_text_has_the_label_that_an_investor_gives_it(text, label):
    assert read(News(text=text)).label == label


def test_a_question_says_less():
    said, asked = (read(News(text=f"Bitcoin to rally{end}")) for end in (".", "?"))
    assert 0.0 < asked.score < said.score


def test_good_and_bad_offset():
    bad, worse = read(News(text="Token hacked")), read(News(text="Token hacked, issuer sued"))
    mixed = read(News(text="Token hacked, still listed"))
    assert worse.score < bad.score < mixed.score < 0.0


@pytest.mark.parametrize(
    ("text", "symbol", "label"),
    [
        ("Bitcoin falls while Ether surges", "BTCUSDT", "negative"),
        ("Bitcoin falls while Ether surges", "ETHUSDT", "positive"),
        ("Bitcoin, Ether slide as Solana gains 10%", "BTC/USD", "negative"),
        ("Bitcoin, Ether slide as Solana gains 10%", "SOLUSDC", "positive"),
        ("Bitcoin and ether rise, XRP drops", "ETH-EUR", "positive"),
        ("Bitcoin and ether rise, XRP drops", "XRPUSDT", "negative"),
        ("Solana jumps, Cardano sinks and Dogecoin is flat", "ADAUSDT", "negative"),
        ("Solana jumps, Cardano sinks and Dogecoin is flat", "DOGEUSDT", "neutral"),
        ("Exchange lists Solana, delists Monero", "XMRBTC", "negative"),
        ("BTC tumbles but ETH gains", "BTCUSDT", "negative"),
    ],
)
def test_of_several_coins_the_one_asked_for_counts(text, symbol, label):
    assert read(News(text=text, symbol=symbol)).label == label


@pytest.mark.parametrize("symbol", ["", "SOLUSDT", "AAPL"])
def test_a_text_that_does_not_name_it_counts_as_a_whole(symbol):
    plain = read(News(text="Bitcoin falls while Ether surges"))
    assert read(News(text="Bitcoin falls while Ether surges", symbol=symbol)) == plain


@pytest.mark.parametrize(
    ("text", "symbol", "source", "genre"),
    [
        ("Net sales rose .", "", "", "general"),
        ("net sales rose , said the company", "", "", "general"),
        ("Net sales rise", "", "", "headlines"),
        ("$ABCD sales rise.", "", "", "tweets"),
        ("Sales rise. https://t.co/a", "", "", "tweets"),
        ("Net sales rose . https://t.co/a", "", "", "general"),
        ("Net sales rose. https://news.example/a", "", "", "general"),
        ("Bitcoin rises.", "", "", "crypto"),
        ("Miners sell coins", "", "", "crypto"),
        ("The mine sold gold coins .", "", "", "general"),
        ("Sales rise", "BTCUSDT", "", "crypto"),
        ("Sales rise", "", "CryptoWire", "crypto"),
        ("", "", "", "headlines"),
    ],
)
def test_the_text_tells_what_kind_it_is(text, symbol, source, genre):
    assert route(text, tokenize(text), symbol, source).name == genre


def test_where_it_comes_from_tells_what_it_is_about():
    text = "Exchange launches in Peru"
    assert read(News(text=text)).label == "neutral"
    assert read(News(text=text, source="crypto-wire")).label == "positive"
    assert read(News(text=text, symbol="BTCUSDT")).label == "positive"
