"""The way to EdgeDNS's host: names that do not resolve, certificates that do not fit, and redirects to others."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from fake_edgedns import FOREVER_S, fake_edgedns, ok, play, redirect
from lives import AFTER, AMID, BEFORE, HOUR, a_life, lived, playing, used
from test_upstream_faults import AS_A_SECOND, PLAIN, WHOLE

from edgedns_mcp.errors import RefusedError

ADDRESS = "Check EDGEDNS_BASE_URL."
UNRESOLVED = f"The name of EdgeDNS's host cannot be resolved. {ADDRESS}"
NOT_TRUSTED = (
    "EdgeDNS's certificate is not trusted here. Point SSL_CERT_FILE at a file with your organisation's certificates."
)
NOT_ENCRYPTED = f"No encrypted connection to EdgeDNS came about. {ADDRESS}"
REFUSED = f"EdgeDNS's host refused the connection. {ADDRESS}"


def unresolved(code):
    def answer(*_args, **_options):
        raise socket.gaierror(code, "words of the resolver")

    return answer


@contextmanager
def resolving_by(answer):
    """Let names be resolved by this."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", answer)
        yield


async def told_of(answer, twin, folder):
    """Ask while names are resolved by this: on the first day, and amid two good readings."""
    found, same = await lived(folder, lambda _: resolving_by(answer), host="localhost"), await twin(amid=False)
    assert (found.later.totals, found.after) == (same.later.totals, same.after)
    assert found.later.notes[0].endswith(found.trouble)
    return {*map(str, found.first), found.trouble}


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAIL])
async def test_a_name_that_does_not_resolve_is_told(code, no_pauses, twin, tmp_path):
    assert await told_of(unresolved(code), twin, tmp_path) == {UNRESOLVED}


async def test_a_host_that_refuses_connections_is_told(no_pauses, twin, tmp_path):
    resolved = socket.getaddrinfo

    def to_a_closed_port(_host, *rest, **options):
        return resolved("127.0.0.2", *rest, **options)

    assert await told_of(to_a_closed_port, twin, tmp_path) == {REFUSED}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def shown(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def expired(authority):
    over = datetime.now(UTC) - timedelta(days=1)
    return authority.issue_cert("localhost", not_before=over - timedelta(days=90), not_after=over)


CERTIFICATES = {
    "has expired": expired,
    "is of another host": lambda authority: authority.issue_cert("elsewhere.example"),
    "is signed by nobody known": lambda _: trustme.CA().issue_cert("localhost"),
}


async def trouble_with(tls, authority, folder):
    """Meet another server at the address amid two good readings; give what was told, and what it saw."""
    good = shown(authority.issue_cert("localhost"))
    async with a_life(folder / "twin.db", tls=good) as life:
        await life.good(BEFORE)
        life.clock.now += 2 * HOUR
        await life.good(AFTER)
        same = await life.all_told(), life.held()
    async with a_life(folder / "usage.db", tls=good) as life, fake_edgedns(ok(used(AMID)), tls=tls) as other:
        await life.good(BEFORE)
        life.clock.now += HOUR
        right, life.way.target = life.way.target, other.url
        told = await life.record()
        assert (await life.ask()).notes[0].endswith(told)
        life.clock.now, life.way.target = life.clock.now + HOUR, right
        await life.good(AFTER)
        assert (await life.all_told(), life.held()) == same
        return told, other.requests


@pytest.mark.parametrize("kind", CERTIFICATES)
async def test_a_certificate_that_does_not_fit_gets_no_key(kind, trusted, authority, tmp_path, no_pauses):
    tls = shown(CERTIFICATES[kind](authority))
    assert await trouble_with(tls, authority, tmp_path) == (NOT_TRUSTED, [])


async def test_a_server_without_encryption_gets_no_key(trusted, authority, tmp_path, no_pauses):
    assert await trouble_with(None, authority, tmp_path) == (NOT_ENCRYPTED, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_takes_the_key_to_another_host(status, no_pauses, tmp_path):
    async with fake_edgedns(ok(used(AMID))) as other:
        found = await lived(tmp_path, playing(redirect(other.url, status)))
        assert isinstance(found.later, RefusedError)
        assert "the API key is not sent there" in found.trouble
        assert other.requests == []


async def test_a_redirect_to_itself_is_asked_once_each_time(no_pauses, tmp_path):
    async with a_life(tmp_path / "usage.db") as life:
        life.plays(redirect(life.way.url + "/v1/analytics/usage/by-key"))
        for times in (1, 2):
            assert isinstance(await life.ask(), RefusedError)
            assert len(life.upstream.requests) == times


async def test_what_an_answer_leaves_on_its_connection_is_not_the_next_answer(no_pauses, tmp_path):
    kept_open = PLAIN.replace(b"Connection: close", b"Set-Cookie: session=of-the-fault; Path=/")
    async with a_life(tmp_path / "usage.db") as life:
        life.plays(play(kept_open, WHOLE + AS_A_SECOND, FOREVER_S))
        assert await life.record() == ""
        assert life.way.connections == 3  # one for the counters, and one for each of two daily calls
        assert [request.headers.get("cookie") for request in life.upstream.daily] == [None, None]
