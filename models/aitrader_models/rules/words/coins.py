"""Coins by their ticker, and what a headline calls them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aitrader_models.rules.patterns import spelled

# Names come first; a ticker that is an English word counts only with its symbol asked for.
_COINS: Final = """
BTC bitcoin btc xbt; ETH ethereum ether eth; BNB bnb; XRP xrp ripple; SOL solana; ADA cardano;
DOGE dogecoin doge; TRX tron trx; TON toncoin; DOT polkadot; MATIC polygon matic; POL polygon;
LTC litecoin ltc; SHIB shib; AVAX avalanche avax; LINK chainlink; UNI uniswap; ATOM cosmos;
XLM stellar xlm; XMR monero xmr; ETC etc; BCH bch; FIL filecoin; APT aptos; ARB arbitrum;
OP optimism; NEAR near; ICP icp dfinity; VET vechain; HBAR hedera hbar; ALGO algorand;
AAVE aave; GRT grt; MKR maker mkr; SAND sandbox; MANA decentraland; AXS axie; EOS eos;
XTZ tezos; THETA theta; FTM fantom; SUI sui; SEI sei; PEPE pepe; INJ injective; LDO lido;
CRV curve crv; RUNE thorchain; KAS kaspa; DASH dash; ZEC zcash; IOTA iota; NEO neo; QTUM qtum;
CRO cro; OKB okb; LUNA terra luna; USDT tether usdt; USDC usdc; DAI dai; GALA gala; ENJ enjin;
CHZ chiliz; FLOW flow; STX stacks; IMX immutable; SNX synthetix; COMP compound; BAT bat;
ZIL zilliqa; WAVES waves; KSM kusama; JUP jupiter; WIF dogwifhat; BONK bonk; TIA celestia
"""
COINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        ticker: (*names, ticker.lower())
        for ticker, *names in (coin.split() for coin in _COINS.split(";"))
    }
)
QUOTES: Final = (
    "USDT",
    "USDC",
    "FDUSD",
    "TUSD",
    "BUSD",
    "USD",
    "EUR",
    "GBP",
    "TRY",
    "BTC",
    "ETH",
    "BNB",
)
# Coins whose names are no English words: a text that has one is about crypto.
CRYPTO_WORDS: Final = spelled(
    "bitcoin btc ethereum ether eth crypto cryptocurrency cryptocurrencies cryptos blockchain xrp "
    "solana cardano dogecoin doge litecoin polkadot uniswap chainlink monero tezos aave shiba "
    "altcoin altcoins stablecoin stablecoins memecoin memecoins defi nft nfts dao web3 metaverse "
    "binance coinbase kraken ftx celsius tether usdt usdc satoshi hodl token tokens tokenised "
    "tokenized tokenisation tokenization tokenomics airdrop mainnet testnet hashrate hash halving "
    "rollup zk layer2 l2 onchain cbdc cbdcs dex cexs tvl wallet wallets miner miners ledger bnb "
    "algorand avalanche polygon avax matic toncoin tron hedera filecoin aptos arbitrum kucoin okx "
    "bitfinex bybit bitmex gemini grayscale microstrategy staking staked unstaked lightning "
    "zcash dash eos iota ico icos ieo btcs libra diem ripple stellar vechain cosmos zilliqa "
    "cryptographic decentralised decentralized digital-asset smartcontract metamask opensea "
    "bakkt bitstamp huobi poloniex bittrex bitmain buterin vitalik hodlers whales "
    "coindesk cointelegraph dapp dapps dapptokens sidechain sidechains terrausd"
)
