"""A server of this process on a port of its own, and one of another process that is awaited until it serves."""

import subprocess
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import uvicorn

PATIENCE_S = 20.0


class Process(subprocess.Popen[str]):
    """A server of another process, what it told so far, and where it serves."""

    told: list[str]
    url: str


@contextmanager
def served(config: uvicorn.Config, listening: Any) -> Generator[None]:
    """Serve in a thread; leaving waits for what was accepted."""
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@contextmanager
def serving(command: Sequence[Any], **options: Any) -> Generator[Process]:
    """Run a command that serves; what it tells is read on all the time, so that it never waits for a reader."""
    process = Process(command, stderr=subprocess.PIPE, text=True, **options)
    process.told, address = [], Future[str]()
    reader = threading.Thread(target=_read, args=(process, address))
    reader.start()
    try:
        process.url = address.result(PATIENCE_S)
        yield process
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stderr.close()


def _read(process: Process, address: Future[str]) -> None:
    for line in process.stderr:
        process.told.append(line)
        if line.startswith("Serving on ") and not address.done():
            address.set_result(line.split()[-1])
    if not address.done():
        address.set_exception(RuntimeError(f"It did not serve: {''.join(process.told)}"))
