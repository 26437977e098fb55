"""No secret gets out, however a line came to hold it; all else stays as it was."""

import base64
import html
import json
import string
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import orjson
import pytest
from aitrader_server.adapters.redaction import HIDDEN, SECRETS_MAX, Redaction, secrets_of
from aitrader_server.adapters.secrets.provider import VALUE_BYTES_MAX
from hypothesis import assume, given
from hypothesis import strategies as st

PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "c2VjcmV0IG1hdGVyaWFs\n-----END PRIVATE KEY-----\n"
)
PRINTED = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=12, max_size=60)
SECRETS = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=12, max_size=64),
    PRINTED,
    st.text(min_size=12, max_size=40),
).filter(lambda text: sum(character.isalnum() for character in text) >= 10)
AROUND = st.text(max_size=40)

ESCAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: orjson.dumps(text).decode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "repr in JSON": lambda text: json.dumps(repr(text)),
    "a query": quote_plus,
    "a path": quote,
    "a query in a query": lambda text: quote_plus(quote_plus(text)),
    "HTML": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in a query": lambda text: quote_plus(base64.b64encode(text.encode())),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
}


def core(text: str) -> str:
    """Without the marks at its ends, which may be those of the line."""
    return text.strip(string.punctuation + string.whitespace)


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_no_escaping_saves_a_secret(escape, secret, before, after):
    try:
        shown = escape(secret)
    except UnicodeEncodeError:
        assume(False)
    assume(secret not in before + after)
    said = Redaction([secret]).apply(f"{before} {shown} {after}")
    assert secret not in said
    assert core(shown) not in said
    assert HIDDEN in said


@given(secret=SECRETS, user=st.text(string.ascii_letters, min_size=1, max_size=9))
def test_base64_of_more_than_the_secret_hides_all_but_its_edges(secret, user):
    try:
        shown = base64.b64encode(f"{user}:{secret}:{user}".encode()).decode()
    except UnicodeEncodeError:
        assume(False)
    said = Redaction([secret]).apply(f"authorisation {shown} sent")
    left = said.removeprefix("authorisation ").removesuffix(" sent").replace(HIDDEN, "")
    assert len(left) * 6 / 8 <= 2 * (len(user) + 1) + 4


@given(
    secret=SECRETS,
    fields=st.dictionaries(AROUND, AROUND, max_size=3),
    before=AROUND,
    after=AROUND,
)
def test_a_line_of_json_stays_one(secret, fields, before, after):
    try:
        line = orjson.dumps({**fields, "said": before + secret + after}).decode()
    except TypeError:
        assume(False)
    said = Redaction([secret]).apply(line)
    assert secret not in json.loads(said).get("said", "")


NASTY = st.lists(
    st.sampled_from(
        [
            *"\"'\\=:, &@\n{}",
            *("://", "b'", "abc123XYZ", "signature", "token", "password", "x-mbx-apikey"),
            *("authorization", "Bearer ", "hooks.slack.com/services/"),
            *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"),
        ]
    ),
    max_size=12,
).map("".join)


@given(fields=st.dictionaries(NASTY, NASTY | st.integers(-9, 9) | st.none(), max_size=4))
def test_what_only_looks_like_a_secret_leaves_json_too(fields):
    for line in (orjson.dumps(fields).decode(), json.dumps({"said": json.dumps(fields)})):
        json.loads(Redaction(["canary-of-ours"]).apply(line))


@pytest.mark.parametrize("escape", [str, json.dumps, repr, lambda text: text.replace("\n", "")])
def test_every_line_of_a_key_is_hidden(escape):
    for line in PEM.splitlines()[1:3]:
        said = Redaction([PEM]).apply(f"a piece: {escape(line)}")
        assert line not in said
    said = Redaction([PEM]).apply(escape(PEM))
    assert not any(line in said for line in PEM.splitlines()[1:3])


def test_a_key_with_written_newlines_is_hidden_in_real_ones():
    said = Redaction([PEM.replace("\n", "\\n")]).apply(PEM)
    assert not any(line in said for line in PEM.splitlines()[1:3])


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("postgresql://ada:canary-pw-1@db/x", "password is canary-pw-1"),
        ("postgresql://ada:canary%2Fpw-1@db/x", "password is canary/pw-1"),
        ("ada:canary-pw-1", "password is canary-pw-1"),
        ("ada:canary-pw-1", "Basic " + base64.b64encode(b"ada:canary-pw-1").decode()),
    ],
)
def test_the_password_in_a_secret_is_one_itself(secret, shown):
    said = Redaction([secret]).apply(shown)
    assert HIDDEN in said
    assert "canary" not in said


LOOKS = [
    "GET /api?symbol=X&signature=canary123&timestamp=1",
    "GET /api?apiKey=canary123",
    "PUT /api?listenKey=canary123",
    "X-MBX-APIKEY: canary123",
    "{'X-MBX-APIKEY': 'canary123'}",
    "(b'x-mbx-apikey', b'canary123')",
    '{"routing_key":"canary123"}',
    '{"password": "canary 12\\"3"}',
    '{"said":"{\\"client_secret\\": \\"canary123\\"}"}',
    "api_secret='canary123'",
    "Authorization: Bearer canary123",
    "authorization: Basic Y2FuYXJ5MTIz",
    "using Bearer canary123",
    "postgresql://ada:canary123@localhost/x",
    "https://hooks.slack.com/services/T0/B0/canary123",
    PEM,
    "key is " + PEM.replace("\n", "\\n"),
    "X-Vault-Token: canary123",
    "hvs.canary123",
]


@pytest.mark.parametrize("text", LOOKS)
def test_what_looks_like_a_secret_is_hidden(text):
    for line in (text, json.dumps({"event": text})):
        said = Redaction().apply(line)
        assert HIDDEN in said
        assert "canary" not in said
        assert "Y2FuYXJ5MTIz" not in said
        assert "c2VjcmV0" not in said


@pytest.mark.parametrize(
    "text",
    [
        "GET https://host/a@b?symbol=BTCUSDT",
        "access.tokens: unknown key",
        "secrets.vault.token: environment variable VAULT_TOKEN is not set",
        "basic authentication is asked for",
        '{"caller":"operator","reason":"ROLE_REQUIRED","api_keys":2}',
        "a token is needed; the key signs",
    ],
)
def test_all_else_stays(text):
    assert Redaction(["canary-of-ours"]).apply(text) == text


def test_a_secret_that_would_hide_plain_words_is_refused():
    with pytest.raises(ValueError, match="at least 8"):
        Redaction(["short"])


def test_the_largest_secret_is_known_at_once():
    began_s = time.thread_time()
    redaction = Redaction([("aB3$" * 16_384)[:VALUE_BYTES_MAX]])
    assert time.thread_time() - began_s < 1, "the engine waits for it"
    assert redaction.apply(f"key {'aB3$' * 16_384}") == "key [hidden]$"


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("no-secret-of-it", "-eyJ" * 16_000),
        (r"pass\word12", "pass" + "\\" * 64_000 + " word12"),
        ("!!!!!!!?abc", "\\" * 64_000 + "abc"),
    ],
)
def test_no_line_holds_up_the_others(secret, line):
    redaction = Redaction([secret])
    began_s = time.thread_time()
    assert redaction.apply(line) == line
    assert time.thread_time() - began_s < 1


def test_the_newest_secrets_are_known():
    redaction = Redaction(f"canary-{number:05}" for number in range(SECRETS_MAX))
    redaction.add("canary-00000")
    redaction.add("canary-newest")
    said = redaction.apply("canary-00000 canary-00001 canary-newest")
    assert said == f"{HIDDEN} canary-00001 {HIDDEN}"


def test_variables_with_secrets_are_found():
    environ = {
        "BINANCE_API_KEY": "by-its-name",
        "HOUSE_MARK": "by-the-configuration",
        "DATABASE": "postgresql://ada:by-its-look@db/x",
        "GOOGLE_KEY": "/var/run/key.json",
        "SHORT_KEY": "short",
        "HOME": "/home/ada",
    }
    config = {"execution": {"binance": {"api_key_env": "HOUSE_MARK"}, "symbols": ["BTCUSDT"]}}
    found = list(secrets_of(environ, config))
    assert found == [environ[name] for name in ("BINANCE_API_KEY", "HOUSE_MARK", "DATABASE")]
