"""Signatures: the venue's documented examples, and keys of every kind."""

import base64

import pytest
from aitrader_gateway.sandbox.keys import ApiKey, KeyKind, KeyRing, signed_by
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15

SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
API_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
REST = (
    "symbol={}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    "&recvWindow=5000&timestamp=1499827319559"
)
DOCUMENTED = [
    (
        REST.format("LTCBTC"),
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    ),
    (
        REST.format("%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"),
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
    ),
    (
        (
            f"apiKey={API_KEY}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL"
            "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
        ),
        "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    ),
    (
        (
            f"apiKey={API_KEY}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY"
            "&symbol=\uff11\uff12\uff13\uff14\uff15\uff16"
            "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
        ),
        "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
    ),
]
PAYLOAD = b"symbol=BTCUSDT&timestamp=1"


@pytest.mark.parametrize(("payload", "signature"), DOCUMENTED)
def test_documented_signatures_are_good(payload, signature):
    key = ApiKey(key=API_KEY, account="alice", secret=SECRET)
    assert signed_by(key, payload.encode(), signature)
    assert signed_by(key, payload.encode(), signature.upper())
    assert not signed_by(key, payload.encode() + b"0", signature)
    assert not signed_by(key, payload.encode(), signature[1:] + signature[0])


def test_a_signature_that_is_no_ascii_is_only_wrong():
    key = ApiKey(key=API_KEY, account="alice", secret=SECRET)
    assert not signed_by(key, PAYLOAD, "\u00e9" * 64)


def test_rsa_signatures_are_base64():
    pair = RSA.generate(2048)
    key = ApiKey(
        key="k",
        account="alice",
        secret=pair.public_key().export_key().decode(),
        kind=KeyKind.RSA,
    )
    good = base64.b64encode(pkcs1_15.new(pair).sign(SHA256.new(PAYLOAD))).decode()
    assert signed_by(key, PAYLOAD, good)
    assert not signed_by(key, PAYLOAD + b"0", good)
    assert not signed_by(key, PAYLOAD, good.swapcase())
    assert not signed_by(key, PAYLOAD, "not base64!")


def test_ed25519_signatures_are_base64():
    pair = ECC.generate(curve="ed25519")
    key = ApiKey(
        key="k",
        account="alice",
        secret=pair.public_key().export_key(format="PEM"),
        kind=KeyKind.ED25519,
    )
    good = base64.b64encode(eddsa.new(pair, "rfc8032").sign(PAYLOAD)).decode()
    assert signed_by(key, PAYLOAD, good)
    assert not signed_by(key, PAYLOAD + b"0", good)
    assert not signed_by(key, PAYLOAD, good.swapcase())
    assert not signed_by(key, PAYLOAD, "AAAA")


def test_a_key_is_found_until_it_is_revoked():
    ring = KeyRing([ApiKey(key="k", account="alice", secret="s")])
    found = ring.find("k")
    assert found is not None
    assert found.account == "alice"
    assert ring.find("other") is None
    assert ring.remove("k")
    assert not ring.remove("k")
    assert ring.find("k") is None
