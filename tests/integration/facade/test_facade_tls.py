"""TLS on the facade's port: renewed without a restart, and callers with certificates."""

import ssl

import pytest
from aitrader_server.errors import ConfigError
from certificates import Authority, renew

WHOLE = b"GET /live/status HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority):
    return authority.issue("server")


def trusting(authority, pair=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.certificate)
    if pair is not None:
        context.load_cert_chain(*pair)
    return context


def tls(pair, client_ca=None):
    return {
        "certificate_file": str(pair.certificate),
        "key_file": str(pair.key),
        "client_ca_file": None if client_ca is None else str(client_ca),
    }


async def ask(port, context) -> bytes | None:
    """The answer over a connection of its own; None when there is no agreement on one."""
    try:
        async with port.wire(ssl=context) as wire:
            await wire.send(WHOLE)
            return await wire.read_answer()
    except (ssl.SSLError, ConnectionError, EOFError):
        return None


async def test_a_renewed_certificate_is_shown_to_the_next_caller(
    open_port, authority, server, tmp_path
):
    other = Authority(tmp_path, "other")
    fresh = other.issue("fresh")
    async with open_port(tls=tls(server)) as port, port.wire(ssl=trusting(authority)) as kept:
        assert await ask(port, trusting(authority))
        assert await ask(port, trusting(other)) is None
        # A certificate without its key is half of a renewal.
        renew(fresh.certificate, server.certificate)
        assert await ask(port, trusting(authority))
        assert await ask(port, trusting(other)) is None
        renew(fresh.key, server.key)
        assert await ask(port, trusting(other))
        assert await ask(port, trusting(authority)) is None
        await kept.send(WHOLE)
        assert (await kept.read_answer()).startswith(b"HTTP/1.1 200 ")


async def test_the_clients_authority_is_renewed_too(open_port, authority, server, tmp_path):
    new = Authority(tmp_path, "new")
    shown = tmp_path / "clients.pem"
    shown.write_bytes(authority.certificate.read_bytes())
    before = trusting(authority, authority.issue("before"))
    after = trusting(authority, new.issue("after"))
    async with open_port(tls=tls(server, shown)) as port:
        assert await ask(port, before)
        assert await ask(port, after) is None
        assert await ask(port, trusting(authority)) is None
        renew(new.certificate, shown)
        assert await ask(port, after)
        # Not by an old session either.
        assert await ask(port, before) is None
        assert await ask(port, trusting(authority)) is None


async def test_browsers_are_told_to_come_back_over_tls_only(open_port, authority, server):
    async with open_port(tls=tls(server)) as port:
        answer = await ask(port, trusting(authority))
        assert answer is not None
        assert b"\r\nstrict-transport-security: max-age=" in answer
    async with open_port() as port, port.wire() as wire:
        await wire.send(WHOLE)
        assert b"strict-transport-security" not in await wire.read_answer()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_protocols_are_not_spoken(open_port, authority, server):
    context = trusting(authority)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with open_port(tls=tls(server)) as port:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await ask(port, context)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        assert await ask(port, context) is None


async def test_files_that_do_not_fit_stop_the_start(open_port, authority, server):
    other = authority.issue("other")
    for pair in (server._replace(key=other.key), server._replace(key=other.key / "no")):
        with pytest.raises(ConfigError, match=r"rest\.tls"):
            async with open_port(tls=tls(pair)):
                pass
