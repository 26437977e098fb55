"""Keys as operators paste them, and the form in which python-binance signs with them."""

import pytest
from aitrader_gateway.binance.keys import Credentials, normalize_pem, read_credentials
from aitrader_server.errors import ConfigError
from Crypto.PublicKey import ECC, RSA


@pytest.fixture(scope="module")
def ed25519():
    return ECC.generate(curve="Ed25519")


@pytest.fixture(scope="module")
def rsa():
    return RSA.generate(2048)


LAYOUTS = {
    "as exported": lambda pem: pem,
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "blank lines": lambda pem: f"\n\n{pem}\n\n".replace("\n", "\n\n"),
    "escaped": lambda pem: pem.replace("\n", "\\n"),
    "one line": lambda pem: pem.replace("\n", " "),
    "indented": lambda pem: pem.replace("\n", "\n    "),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_ed25519_key_survives_every_layout(ed25519, layout):
    pem = normalize_pem(LAYOUTS[layout](ed25519.export_key(format="PEM")))
    # Longer text python-binance would take for RSA.
    assert len(pem) <= 120
    assert ECC.import_key(pem) == ed25519


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("pkcs", [1, 8])
def test_an_rsa_key_survives_every_layout(rsa, layout, pkcs):
    pem = normalize_pem(LAYOUTS[layout](rsa.export_key(pkcs=pkcs).decode()))
    assert RSA.import_key(pem) == rsa


SPOILED = {
    "a public key": lambda ed25519, rsa: ed25519.public_key().export_key(format="PEM"),
    "another curve": lambda ed25519, rsa: ECC.generate(curve="P-256").export_key(format="PEM"),
    "a short RSA key": lambda ed25519, rsa: RSA.generate(1024).export_key().decode(),
    "cut off": lambda ed25519, rsa: ed25519.export_key(format="PEM")[:60],
    "damaged": lambda ed25519, rsa: ed25519.export_key(format="PEM").replace("M", "@"),
    "encrypted": lambda ed25519, rsa: ed25519.export_key(
        format="PEM",
        passphrase="open",
        use_pkcs8=True,
        protection="PBKDF2WithHMAC-SHA512AndAES256-CBC",
        prot_params={"iteration_count": 1000},
    ),
    "encrypted RSA": lambda ed25519, rsa: rsa.export_key(passphrase="open").decode(),
}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("a public key", "Ed25519, or RSA of 2048 bits"),
        ("another curve", "Ed25519, or RSA of 2048 bits"),
        ("a short RSA key", "Ed25519, or RSA of 2048 bits"),
        ("cut off", "cut off"),
        ("damaged", "Ed25519, or RSA of 2048 bits"),
        ("encrypted", "without a passphrase"),
        ("encrypted RSA", "without a passphrase"),
    ],
)
def test_what_cannot_sign_is_refused_without_a_word_of_it(ed25519, rsa, kind, said):
    text = SPOILED[kind](ed25519, rsa)
    with pytest.raises(ConfigError, match=said) as raised:
        read_credentials({"K": "key", "S": text}, "K", "S", "testnet")
    (problem,) = raised.value.problems
    assert problem.startswith("environment variable S: ")
    assert not any(line in problem for line in text.splitlines() if "-----" not in line)


@pytest.mark.parametrize("environment", ["sandbox", "testnet", "live"])
def test_what_is_missing_is_named_with_where_to_get_it(environment):
    with pytest.raises(ConfigError) as raised:
        read_credentials({"THE_KEY": " "}, "THE_KEY", "THE_SECRET", environment)
    assert len(raised.value.problems) == 2
    for problem, name in zip(raised.value.problems, ("THE_KEY", "THE_SECRET"), strict=True):
        assert f"variable {name} is not set" in problem
        assert f"Binance {environment}" in problem


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(ConfigError, match="variable K does not hold an API key"):
        read_credentials({"K": key, "S": "secret"}, "K", "S", "live")


def test_blanks_around_a_key_are_not_part_of_it():
    read = read_credentials({"K": " key\n", "S": " secret\n"}, "K", "S", "live")
    assert read == Credentials(("K", "S"), "key", hmac_secret="secret")


def test_credentials_never_show_themselves():
    shown = repr(Credentials(("K", "S"), "the-key", "the-secret", "the-pem"))
    assert not any(word in shown for word in ("the-key", "the-secret", "the-pem"))
