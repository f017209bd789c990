"""The way to EdgeDNS: names, connections, certificates, proxies, and settings that cannot work."""

import gc
import logging
import socket
import sys
import traceback

import httpx
import pytest
from asking import KEY, SHORT_S, a_source, assert_no_key, fail, fail_at
from fake_edgedns import BY_KEY, FOREVER_S, failure, fake_edgedns, head, ok, play
from pydantic import SecretStr

from edgedns_mcp.errors import ConfigurationError, RefusedError, UnavailableError
from edgedns_mcp.sources.edgedns import client
from edgedns_mcp.sources.edgedns_errors import unreachable

ADDRESS = "Check EDGEDNS_BASE_URL."
AGAIN = "Ask again in 60 seconds."
NO_HTTP = f"What answers at EdgeDNS's address does not speak HTTP as it should. {ADDRESS}"
NOT_TRUSTED = (
    "EdgeDNS's certificate is not trusted here. Point SSL_CERT_FILE at a file with your organisation's certificates."
)


async def test_a_certificate_that_nobody_here_trusts_is_refused_before_the_key_is_sent(tls):
    async with fake_edgedns(ok(), tls=tls) as upstream:
        failed = await fail_at(upstream.url)
    assert str(failed) == NOT_TRUSTED
    assert (failed.calls, upstream.requests) == (1, [])


async def test_a_certificate_file_of_the_environment_is_trusted(tls, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with fake_edgedns(ok(), tls=tls) as upstream, a_source(upstream.url) as source:
        assert len((await source.reading()).keys) == 2


async def test_where_the_system_judges_certificates_the_file_is_added(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(sys, "platform", "darwin")
    made = client("https://api.invalid", SecretStr(KEY))
    monkeypatch.undo()
    assert len(made._transport._pool._ssl_context._ctx.get_ca_certs()) == 1
    await made.aclose()


def test_where_the_system_judges_certificates_a_useless_file_is_named(tmp_path, monkeypatch):
    useless = tmp_path / "empty.pem"
    useless.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(useless))
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(
        ConfigurationError, match=r"Point SSL_CERT_FILE at a file with your organisation's certificates"
    ):
        client("https://api.invalid", SecretStr(KEY))


async def test_a_server_without_encryption_is_not_talked_to_as_if_it_had_some():
    async with fake_edgedns(ok()) as upstream:
        failed = await fail_at(upstream.url.replace("http:", "https:"))
    assert str(failed) == f"No encrypted connection to EdgeDNS came about. {ADDRESS}"
    assert failed.calls == 1


async def test_a_host_name_that_does_not_resolve_names_the_address_to_check(monkeypatch):
    def no_such_host(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    failed = await fail_at("http://api.invalid", deadline_s=SHORT_S)
    assert isinstance(failed.error, UnavailableError)
    assert str(failed) == f"The name of EdgeDNS's host cannot be resolved. {ADDRESS}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_refused_connection_names_the_address_to_check(host, closed_port):
    failed = await fail_at(f"http://{host}:{closed_port}")
    assert isinstance(failed.error, UnavailableError)
    assert str(failed) == f"EdgeDNS's host refused the connection. {ADDRESS}"
    assert failed.calls == 3


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (httpx.ConnectTimeout(""), f"EdgeDNS's host did not take the connection in time. {ADDRESS}"),
        (httpx.ReadTimeout(""), f"EdgeDNS did not answer in time. {AGAIN}"),
        (httpx.ConnectError(""), "EdgeDNS cannot be reached. Check the network, and HTTPS_PROXY if you need one."),
        (httpx.ReadError(""), f"The connection broke before EdgeDNS's answer was whole. {AGAIN}"),
        (httpx.WriteError(""), f"The connection broke before EdgeDNS's answer was whole. {AGAIN}"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_connection_says_where_it_broke(cause, sentence):
    assert str(unreachable(cause)) == sentence


async def test_a_silent_server_says_so_once_the_client_has_waited():
    async with fake_edgedns(play(FOREVER_S)) as upstream:
        failed = await fail_at(upstream.url, silence_s=0.05, deadline_s=SHORT_S)
    assert str(failed) == f"EdgeDNS did not answer in time. {AGAIN}"


@pytest.mark.parametrize(
    ("response", "fact"),
    [
        (play(f"{KEY}\r\n\r\n".encode()), NO_HTTP),
        (play(b"HTTP/1.1 200 OK\r\n", f" {KEY}\r\n\r\n".encode()), NO_HTTP),
        (play(head(Content_Length=KEY)), NO_HTTP),
        (play(head(Content_Encoding="gzip"), KEY.encode()), "EdgeDNS's answer could not be unpacked"),
        (play(head(Big="x" * 200_000)), NO_HTTP),
    ],
    ids=["status line", "header", "length", "gzip", "big header"],
)
async def test_a_server_that_does_not_speak_http_is_not_quoted(response, fact):
    failed = await fail(response, deadline_s=SHORT_S)
    assert str(failed).startswith(fact)


async def test_a_proxy_of_the_environment_is_asked(monkeypatch):
    async with fake_edgedns(ok()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with a_source("http://api.invalid") as source:
            await source.reading()
    assert proxy.requests[0].target == f"http://api.invalid{BY_KEY}"


async def test_a_proxy_that_wants_a_password_says_so(monkeypatch):
    async with fake_edgedns(failure(407)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        failed = await fail_at("http://api.invalid")
    assert isinstance(failed.error, RefusedError)
    assert str(failed).endswith("Put it into the address in HTTPS_PROXY.")


async def test_a_proxy_that_opens_no_tunnel_never_sees_the_key(monkeypatch):
    async with fake_edgedns(failure(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        failed = await fail_at("https://api.invalid")
    assert str(failed) == "The proxy did not open the way to EdgeDNS. Check HTTPS_PROXY."
    assert [(seen.method, "authorization" in seen.headers) for seen in proxy.requests] == [("CONNECT", False)] * 3


@pytest.mark.parametrize(
    "proxy", ["gopher://user:sesame@proxy:1", "http://proxy:port", "socks5://proxy:1", "http://user:sesame"]
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match=r"Set HTTPS_PROXY to http://host:port\.$") as caught:
        client("https://api.invalid", SecretStr(KEY))
    assert "sesame" not in "".join(traceback.format_exception(caught.value)).replace(proxy, "")


@pytest.mark.parametrize(
    "address", ["", "api.edgedns.dev", "ftp://api", "https://", "https://user:sesame@api", "https://a:port"]
)
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(ConfigurationError, match="EDGEDNS_BASE_URL") as caught:
        client(address, SecretStr(KEY))
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("key", ["", f"{KEY}\n", f" {KEY}", f"{KEY} {KEY}", f"{KEY}ü", f"{KEY}\r\nX: y"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key):
    with pytest.raises(ConfigurationError, match="Set it to the key alone") as caught:
        client("https://api.invalid", SecretStr(key))
    assert_no_key(caught.value)


async def test_even_the_most_talkative_log_does_not_tell_the_key(caplog):
    caplog.set_level(logging.DEBUG)
    async with fake_edgedns(failure(503), ok()) as upstream, a_source(upstream.url) as source:
        await source.reading()
    assert "GET" in caplog.text


async def test_a_handshake_that_never_ends_leaves_no_connection_open():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        failed = await fail_at(f"https://127.0.0.1:{deaf.getsockname()[1]}", silence_s=0.1, deadline_s=SHORT_S)
    assert str(failed) == f"EdgeDNS's host did not take the connection in time. {ADDRESS}"
    gc.collect()
