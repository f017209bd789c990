"""A server of this process on a port of its own, and a way to wait for one of another process."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

PATIENCE_S = 20.0


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
