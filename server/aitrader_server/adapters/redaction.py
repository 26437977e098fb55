"""Takes secrets out of finished text: the values that this process knows, and what looks like one.

It is the last step before text leaves, so that no way of putting a secret into a line gets past it.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

HIDDEN: Final = "[hidden]"
SHORTEST_SECRET: Final = 8
SECRETS_MAX: Final = 1_000
# A line of a key's text that is worth hiding by itself; shorter ones are hidden with the whole.
SHORTEST_LINE: Final = 12

_PLAIN_RUN: Final = re.compile(r"[A-Za-z0-9]+")
_EDGES: Final = re.compile(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$")
_CREDENTIALS_OF_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://([^/\s:]*):([^/\s]+)@", re.IGNORECASE)
_USER_AND_PASSWORD: Final = re.compile(r"[^\s:/]+:([^\s/]\S*)")
_LETTER_ESCAPES: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}

# Six texts of JSON within each other; without a bound a long run would be read once for each of its
# backslashes.
_ESCAPE: Final = r"(?:\\{1,64})"
_LAST_OF_8_BITS: Final = 0xFF
_LAST_OF_16_BITS: Final = 0xFFFF

_NAME: Final = (
    r"(?:api[_-]?key|api[_-]?secret|(?:secret|access|private|routing|service|listen)[_-]?key|"
    r"client[_-]?secret|secret[_-]?id|secret|passw(?:or)?d|passphrase|basic[_-]?auth|token|"
    r"authorization|cookie|signature)"
)
_HEADER: Final = (
    r"(?:authorization|x-mbx-apikey|x-api-key|x-vault-token|x-amz-security-token|cookie)"
)
_SCHEME: Final = r"(?:(?:bearer|basic|digest|negotiate)\s+)?"
# A value stops where the quotes around it do, so that what is left of a line is still JSON.
_NAMED: Final = (
    rf"{_NAME}\"\s*:\s*\"(?:\\.|[^\"\\])+",
    rf"{_NAME}'?\s*[:=,]\s*b?'(?:\\.|[^'\"\\])+",
    rf"{_NAME}(?:\\+[\"'])?\s*[:=,]\s*b?\\+[\"'][^\"'\\]+",
    rf"{_NAME}=(?:\s*{_SCHEME})[^\s&\"'\\,;)}}\]]+",
    rf"{_HEADER}\s*:\s*{_SCHEME}[^\s&\"'\\,;)}}\]]+",
)
_VALUE_OF_NAMED: Final = re.compile(
    rf"(?is)^({_NAME}\"\s*:\s*\"|{_NAME}'?\s*[:=,]\s*b?'|"
    rf"{_NAME}(?:\\+[\"'])?\s*[:=,]\s*b?\\+[\"']|{_NAME}=\s*|{_HEADER}\s*:\s*)"
)


class _Shape(NamedTuple):
    """`needles`, in lower case, of which one is in every text that `pattern` is in."""

    needles: tuple[str, ...]
    pattern: re.Pattern[str]


_SHAPES: Final = (
    _Shape(
        ("private key-----",),
        re.compile(
            r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"
            r"(?:[^\"\\]|\\+[nr])*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|(?=\"|\\+(?![\\nr]))|\Z)"
        ),
    ),
    _Shape(("bearer",), re.compile(r"(?i)(?<=bearer )[^\s&\"'\\,;<>`]+")),
    _Shape(
        ("basic ",),
        re.compile(r"(?<=[Bb]asic )(?=[a-z+/_-]*[A-Z0-9=])[A-Za-z0-9+/_-]{8,}={0,2}"),
    ),
    _Shape(("@",), re.compile(r"(?<=://)[^/\s\"'\\<>]+(?=@)")),
    _Shape(
        ("hooks.slack.com",),
        re.compile(r"(?<=hooks\.slack\.com/)(?:\w+/)?[A-Za-z0-9/_-]{8,}"),
    ),
    _Shape(("hvs.", "hvb.", "hvr."), re.compile(r"\bhv[sbr]\.[\w-]{8,}")),
    _Shape(("eyj",), re.compile(r"\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,}\.[\w-]*")),
)
_NAMED_SHAPE: Final = _Shape(
    ("key", "secret", "passw", "passphrase", "auth", "token", "cookie", "signature"),
    re.compile("(?is)" + "|".join(_NAMED)),
)


class _Form(NamedTuple):
    """One way to write a secret; `run` is a piece of it that no escaping changes."""

    run: str
    text: str


class Redaction:
    """Hides known secrets in every escaping that is in use, and what looks like a secret.

    Knows the newest 1000; more are seen by no process that does not run for years.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms_by_secret: dict[str, tuple[_Form, ...]] = {}
        # Replaced as a whole: another thread goes through it.
        self._forms: tuple[_Form, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hides `secret` from now on; shorter than 8 characters it would hide plain words.

        Raises:
            ValueError: It is too short to be a secret.
        """
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
        known = self._forms_by_secret.pop(secret, None)
        self._forms_by_secret[secret] = known or tuple(_forms(secret))
        if known:
            return
        if len(self._forms_by_secret) > SECRETS_MAX:
            del self._forms_by_secret[next(iter(self._forms_by_secret))]
        forms = {form for forms in self._forms_by_secret.values() for form in forms}
        # The longest first: what is a part of it would leave its rest.
        self._forms = tuple(sorted(forms, key=lambda form: -len(form.text)))

    def apply(self, text: str) -> str:
        """`text` without secrets; what was JSON still is."""
        for run, form in self._forms:
            if run in text:
                text = _pattern(form).sub(HIDDEN, text)
        lower = text.lower()
        for needles, pattern in _SHAPES:
            if any(needle in lower for needle in needles):
                text = pattern.sub(HIDDEN, text)
        if any(needle in lower for needle in _NAMED_SHAPE.needles):
            text = _NAMED_SHAPE.pattern.sub(_keep_name, text)
        return text


_SECRET_VARIABLE: Final = re.compile(
    r"(KEY|SECRET|SECRET_ID|TOKEN|PASSWORD|PASSWD|PASSPHRASE|AUTH|WEBHOOK|WEBHOOK_URL|DSN|HEADERS)$",
    re.IGNORECASE,
)


def secrets_of(environ: Mapping[str, str], config: Mapping[str, Any]) -> Iterator[str]:
    """Values of variables that are named like a secret, or by a key `..._env`, or hold one.

    Those that are too short to be one are left out.
    """
    named = set(_variables(config))
    for name, value in environ.items():
        # A path says where a secret is, and is none.
        is_named = _SECRET_VARIABLE.search(name) is not None and not value.startswith("/")
        is_secret = is_named or name in named or _CREDENTIALS_OF_URL.match(value)
        if is_secret and len(value) >= SHORTEST_SECRET:
            yield value


def _variables(config: Mapping[str, Any]) -> Iterator[str]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _variables(value)
        elif key.endswith("_env") and isinstance(value, str):
            yield value


def _keep_name(match: re.Match[str]) -> str:
    name = _VALUE_OF_NAMED.match(match[0])
    assert name is not None, match.re.pattern
    return name[0] + HIDDEN


def _forms(secret: str) -> Iterator[_Form]:
    for text in dict.fromkeys(_texts(secret)):
        yield _form(text)


def _texts(secret: str) -> Iterator[str]:
    """The secret, its parts that are secrets themselves, and how each looks when encoded."""
    for part in dict.fromkeys(_parts(secret)):
        trimmed = _EDGES.sub("", part)
        # Its own quotes and brackets could be those of the line around it.
        yield trimmed if len(trimmed) >= SHORTEST_SECRET else part
        yield from _encoded(part.encode(errors="surrogateescape"))


def _parts(secret: str) -> Iterator[str]:
    yield secret
    url = _CREDENTIALS_OF_URL.match(secret)
    pair = _USER_AND_PASSWORD.fullmatch(secret)
    if url is not None:
        yield from (part for part in (url[2], unquote(url[2])) if len(part) >= SHORTEST_SECRET)
    elif pair is not None and len(pair[1]) >= SHORTEST_SECRET:
        yield pair[1]
    lines = re.split(r"(?:\\r|\\n|\s)+", secret)
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE and "-----" not in line)


def _encoded(secret: bytes) -> Iterator[str]:
    """In hex, and in base64 wherever in a longer text it begins.

    The characters at its edges are shared with what stands beside it, and left out.
    """
    yield secret.hex()
    yield secret.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = encode(bytes(before) + secret).decode().rstrip("=")
            begin = -(-before * 4 // 3)
            end = (before + len(secret)) * 4 // 3
            yield whole[begin:end]


def _form(text: str) -> _Form:
    return _Form(max(_PLAIN_RUN.findall(text), key=len, default=""), text)


@lru_cache(SECRETS_MAX)
def _pattern(text: str) -> re.Pattern[str]:
    """Made when there is something to hide, which is hardly ever: a long one costs a second."""
    # Backslashes in a row are one piece: each of them could stand for any number.
    pieces = re.findall(r"\\+|[^\\]", text, re.DOTALL)
    pattern = "".join(_escapes(piece[0]) + "+" * (piece[0] == "\\") for piece in pieces)
    return re.compile(pattern, re.DOTALL)


def _escapes(character: str) -> str:
    """A pattern of every way in which JSON, Python, URLs and HTML write `character`."""
    if _PLAIN_RUN.fullmatch(character):
        return character
    code = ord(character)
    ways = [r"\\" if character == "\\" else rf"{_ESCAPE}?" + re.escape(character)]
    units = character.encode("utf-16-be", errors="surrogatepass").hex()
    ways.append("".join(rf"{_ESCAPE}u(?i:{units[i : i + 4]})" for i in range(0, len(units), 4)))
    if code > _LAST_OF_16_BITS:
        ways.append(rf"{_ESCAPE}U(?i:{code:08x})")
    elif code <= _LAST_OF_8_BITS:
        ways.append(rf"{_ESCAPE}x(?i:{code:02x})")
    octets = character.encode(errors="surrogateescape")
    ways.append("".join(rf"%(?:25)*(?i:{octet:02x})" for octet in octets))
    if not character.isascii():
        ways.append("".join(rf"{_ESCAPE}x(?i:{octet:02x})" for octet in octets))
    ways.append(rf"&(?:\#0*{code}|\#[xX]0*(?i:{code:x})|quot|apos|lt|gt|amp);")
    if character in _LETTER_ESCAPES:
        ways.append(rf"(?:{_ESCAPE}r)?{_ESCAPE}{_LETTER_ESCAPES[character]}")
    if character == " ":
        ways.append(r"(?:\+|%(?:25)*2[bB])")
    return f"(?:{'|'.join(ways)})"
