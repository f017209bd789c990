"""Several processes that answer at one port; one that dies is replaced."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

from edgedns_mcp.errors import ConfigurationError

NEVER_BEGAN = 3  # how uvicorn ends a process whose application did not start

Work = Callable[[socket.socket], None]


def keep_working(work: Work, count: int, port: socket.socket, tell: Callable[[], None]) -> None:
    """Let so many processes work at `port` until SIGINT or SIGTERM, which each of them gets, too.

    `tell` is called once signals are heard.

    Raises:
        ConfigurationError: one of them could not begin.
    """
    heard, told = socket.socketpair()

    def stop(_number: int, _frame: object) -> None:
        with suppress(OSError):  # told before
            told.send(b".")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    tell()
    with heard, told:
        workers = [_started(work, port) for _ in range(count)]
        while heard not in wait([heard, *(one.sentinel for one in workers)]) and not _never_began(workers):
            workers = [one if one.is_alive() else _started(work, port) for one in workers]
    failed = _never_began(workers)
    port.close()  # or clients would wait here for nobody once the last process has closed its own
    for one in workers:
        one.terminate()
    for one in workers:
        one.join()
    if failed:
        raise ConfigurationError("The server did not start; the lines above say why.")


def _started(work: Work, port: socket.socket) -> SpawnProcess:
    process = get_context("spawn").Process(target=work, args=(port,))
    process.start()
    return process


def _never_began(workers: list[SpawnProcess]) -> bool:
    return any(one.exitcode == NEVER_BEGAN for one in workers)
