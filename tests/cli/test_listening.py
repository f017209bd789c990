"""How a server listens and ends: who is on the way in is answered, and processes that die are replaced."""

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from threading import Thread

import pytest
from listening import PATIENCE_S

from edgedns_mcp.cli.listening import Server, address_of, config_of, listen
from edgedns_mcp.cli.workers import NEVER_BEGAN, keep_working
from edgedns_mcp.errors import ConfigurationError

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LIVES = 3


async def fine(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"fine"})


@pytest.fixture
def port():
    with listen("127.0.0.1", 0) as listening:
        yield listening


@pytest.fixture
def own_signals():
    """Give this process its ways with signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, way in before.items():
        signal.signal(number, way)


def connected(port):
    return socket.create_connection(port.getsockname(), timeout=PATIENCE_S)


def asked(client):
    """Ask, and give the head of the answer."""
    client.sendall(REQUEST)
    got = b""
    while not got.endswith(b"fine"):
        more = client.recv(1000)
        assert more, "the server hung up"
        got += more
    return got.lower()


def test_who_connected_before_the_server_stops_is_answered(port):
    server = Server(config_of(fine, lifespan="off"))
    with connected(port) as one, connected(port) as other:
        one.sendall(REQUEST)
        server.should_exit = True
        thread = Thread(target=server.run, kwargs={"sockets": [port]})
        thread.start()
        assert b"\r\nconnection: close\r\n" in asked(other)
        assert one.recv(1000).startswith(b"HTTP/1.1 200 ")
        thread.join(PATIENCE_S)


def test_a_client_whose_connection_is_kept_is_told_in_its_last_answer(port):
    server, address = Server(config_of(fine, lifespan="off")), port.getsockname()
    server.linger_s = PATIENCE_S
    thread = Thread(target=server.run, kwargs={"sockets": [port]})
    thread.start()
    with connected(port) as client:
        assert b"connection: close" not in asked(client)
        server.should_exit = True
        with suppress(ConnectionRefusedError):
            while True:
                socket.create_connection(address, timeout=PATIENCE_S).close()
        assert b"\r\nconnection: close\r\n" in asked(client)
        assert client.recv(1000) == b""
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_who_only_holds_a_connection_does_not_hold_up_the_end(port):
    server = Server(config_of(fine, lifespan="off"))
    server.linger_s = 0.05
    with connected(port) as silent:
        thread = Thread(target=server.run, kwargs={"sockets": [port]})
        thread.start()
        server.should_exit = True
        assert silent.recv(1000) == b""
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def die_twice(lives, port):
    """Die as often as there is a life left; then tell the one who started this to stop, and stop when told."""
    with lives.open("a") as file:
        file.write(".")
    if lives.stat().st_size < LIVES:
        os._exit(1)
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(PATIENCE_S)


def never_begin(port):
    sys.exit(NEVER_BEGAN)


def test_a_process_that_dies_is_replaced_until_all_are_told_to_stop(port, tmp_path, own_signals):
    keep_working(partial(die_twice, tmp_path / "lives"), 1, port, list)
    assert (tmp_path / "lives").stat().st_size == LIVES
    assert port.fileno() == -1


def test_processes_that_cannot_begin_are_not_begun_for_ever(port, own_signals):
    with pytest.raises(ConfigurationError, match="did not start"):
        keep_working(never_begin, 2, port, list)


def test_an_address_of_the_sixth_version_is_written_in_brackets():
    with listen("::1", 0) as listening:
        assert address_of(listening).startswith("http://[::1]:")
