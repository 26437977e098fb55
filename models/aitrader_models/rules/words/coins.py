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
QUOTES: Final = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "GBP", "TRY", "BTC", "ETH")
# A text that has one of these is about crypto.
CRYPTO_WORDS: Final = spelled(
    "bitcoin bitcoins btc ethereum ether eth crypto cryptos cryptocurrency cryptocurrencies "
    "blockchain blockchains altcoin altcoins stablecoin stablecoins memecoin memecoins defi "
    "nft nfts dao web3 metaverse dapp dapps token tokens tokenised tokenized tokenisation "
    "tokenization tokenomics airdrop airdrops mainnet testnet halving rollup rollups "
    "sidechain sidechains onchain offchain cbdc cbdcs dex cexs tvl hodl hodler hodlers "
    "hashrate satoshi satoshis ico icos ieo unstaked xrp solana cardano dogecoin doge "
    "litecoin ltc polkadot uniswap chainlink monero tezos aave shib bnb algorand avax matic "
    "toncoin tron trx hedera filecoin aptos arbitrum zcash iota vechain zilliqa dfinity usdt "
    "usdc tether terrausd binance coinbase kraken ftx kucoin okx huobi bitfinex bitstamp "
    "bybit bitmex bittrex poloniex bakkt bitmain grayscale microstrategy metamask opensea "
    "buterin vitalik coindesk cointelegraph wallet wallets staking multisig ripple gemini "
    "depegs validators"
)
# These are many things elsewhere, but in a headline without a ticker mostly crypto.
CRYPTO_HINTS: Final = spelled(
    "coin coins miner miners ledger hash staked stakers whale whales decentralised "
    "decentralized cryptographic lightning stellar celsius polygon avalanche cosmos dash eos "
    "luna libra diem validator drained drainer peg fork multichain"
)
