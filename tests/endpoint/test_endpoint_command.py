"""The command: where it listens, whom it warns, and how it stops."""

import json
import signal
import socket
import sys
from contextlib import closing

import pytest
from endpoint_builders import EVENTS, an_event, made, process
from stored_cells import stored_rows

import edgedns_mcp.endpoint.app
from edgedns_mcp.cli.endpoint import OPEN, endpoint
from edgedns_mcp.cli.listening import listen
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.store.database import Database


@pytest.fixture
def secret(path):
    with closing(Database.open(path)) as database:
        return database.write(lambda tx: made(tx, "payments-api"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_batch_that_is_on_its_way_is_finished_before_the_server_stops(path, secret, number):
    body = json.dumps([an_event()]).encode()
    with process(path) as started:
        port = int(started.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as sender:
            head = f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nExpect: 100-continue\r\n"
            length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            sender.sendall((head + length).encode())
            assert b"100 Continue" in sender.recv(1000)  # the door is open and the body awaited
            started.send_signal(number)
            sender.sendall(body)
            answer = b"".join(iter(lambda: sender.recv(1000), b""))
        assert b'"accepted":1' in answer
        assert started.wait(20) == 0
    with closing(Database.open(path)) as database:
        assert database.read(stored_rows) == 1


def test_another_address_than_this_machine_s_own_is_warned_of(path, secret):
    with process(path, "--host", "0.0.0.0") as started:
        assert started.url.startswith("http://0.0.0.0:")
        assert started.told == [f"{OPEN}\n"]
        started.terminate()
        assert started.wait(20) == 0


def test_a_port_that_is_taken_is_told(path):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="choose another --port"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigurationError, match="choose another --port"):
        listen("no.such.host.invalid", 0)


def test_a_time_to_look_back_to_is_refused(path, monkeypatch):
    monkeypatch.setenv("EDGEDNS_AS_OF", "2026-11-22T15:00:00Z")
    with pytest.raises(ConfigurationError, match="unset EDGEDNS_AS_OF"):
        endpoint(database=path)


def test_without_the_extra_the_command_says_what_to_install(path, monkeypatch):
    monkeypatch.delattr(edgedns_mcp.endpoint, "app")
    monkeypatch.setitem(sys.modules, "edgedns_mcp.endpoint.app", None)
    with pytest.raises(ConfigurationError, match=r"Install edgedns-mcp\[endpoint\]"):
        endpoint(database=path)
