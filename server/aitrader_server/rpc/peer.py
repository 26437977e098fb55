"""Where a call comes from: an address that we saw, and a name that a certificate proves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from aitrader_server.rpc.handlers import Context

SPIFFE = "spiffe://"
FORWARDED = "x-forwarded-for"
FORWARDED_CHARS_MAX = 200


def peer_address(context: Context) -> str:
    """The other end's address without its port; `unix` and the like where there is none."""
    peer: str = context.peer()
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind
    return unquote(rest.rpartition(":")[0]).strip("[]")


def forwarded_for(context: Context) -> str:
    """Whom the caller says it calls for: a claim, and nobody's proof."""
    for key, value in context.invocation_metadata() or ():
        if key == FORWARDED and isinstance(value, str):
            # The last hop is the one that a facade saw itself: no claim before it may push it out.
            return value[-FORWARDED_CHARS_MAX:]
    return ""


def certified_name(context: Context) -> str | None:
    """The SPIFFE URI of the peer's certificate, else its common name; None without one."""
    proved = context.auth_context()
    uris = [uri for uri in map(_text, proved.get("peer_uri", ())) if uri.startswith(SPIFFE)]
    if uris:
        # A certificate with two SPIFFE URIs is no SPIFFE certificate, and names nobody.
        return uris[0] if len(uris) == 1 else None
    name = next(map(_text, proved.get("x509_common_name", ())), None)
    # A common name is what its owner asked for: it must not pass for the other kind.
    return None if name is None or name.startswith(SPIFFE) else name


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
