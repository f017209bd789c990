"""A home of its own for the product: commands run in it, and what they tell is kept in files beside the database."""

import io
import logging
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch

from anyio.from_thread import start_blocking_portal
from faces import NOW, clean_environment
from fake_edgedns import Response, Upstream, fake_edgedns

from edgedns_mcp.cli.logs import Plain, Structured
from edgedns_mcp.cli.main import run

FACES: Sequence[Sequence[str]] = (
    ("usage",),
    ("usage", "--json"),
    ("usage", "--group-by", "team"),
    ("history", "--group-by", "key", "--period", "7d"),
    ("compare", "--period", "7d"),
    ("anomalies", "--period", "7d"),
    ("audit",),
    ("audit", "--json"),
    ("forecast",),
    ("chargeback", "--amount", "10", "--format", "csv"),
    ("chargeback", "--amount", "10", "--group-by", "key"),
    ("status",),
    ("status", "--json"),
    ("report", "--output", "{home}/report.html", "--force"),
    ("export", "--output", "{home}/usage.csv", "--force"),
    ("export", "--what", "keys", "--output", "{home}/keys.csv", "--force"),
    ("keys", "list"),
    ("keys", "list", "--json"),
    ("backup", "{home}/backup.db", "--force"),
)


class Home:
    """A folder with a database in it, and one with what is given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "usage.db"
        self.log = path / "log.txt"
        self._given = path / "given"
        self._given.mkdir()
        self._told = 0

    def given(self, name: str, text: str) -> str:
        """Write a file that somebody gives; give its path."""
        path = self._given / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def tell(self, text: str, of: str = "") -> str:
        """Keep what came out `of` something."""
        self._told += 1
        (self.path / f"told-{self._told}{of}.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        return text

    def run(self, *arguments: str, **settings: str) -> str:
        """Run a command in this process; keep and give what it told on both streams."""
        told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        usual = {"EDGEDNS_DATABASE": str(self.database), "HOME": str(self.path), "EDGEDNS_CONFIG": self._config()}
        words = [word.replace("{home}", str(self.path)) for word in arguments]
        with (
            patch.dict(os.environ, clean_environment(**usual | settings), clear=True),
            patch("sys.argv", ["edgedns-mcp", *words]),
            self.logged(logging.ERROR),
            redirect_stdout(told),
            redirect_stderr(told),
            suppress(SystemExit),
        ):  # how it ended does not matter here
            run()
        told.flush()
        return self.tell(told.buffer.getvalue().decode())

    def ask_all(self, **settings: str) -> None:
        """Ask by every command."""
        for face in FACES:
            self.run(*face, **{"EDGEDNS_AS_OF": NOW, "EDGEDNS_SOURCE": "local"} | settings)

    def keep(self) -> None:
        """Write all that the database holds, in every way that there is."""
        for face in FACES:
            if face[0] in ("export", "backup", "keys", "usage"):
                self.run(*face, EDGEDNS_AS_OF=NOW, EDGEDNS_SOURCE="local")

    @contextmanager
    def logged(self, level: int = logging.DEBUG) -> Generator[None]:
        """Keep what is logged, as both kinds of server write it; a client of HTTP is not theirs."""
        is_server = level < logging.ERROR
        root = logging.getLogger()
        before, kept = root.level, [logging.FileHandler(self.log, encoding="utf-8") for _ in range(2)]
        for handler, formatter in zip(kept, (Plain("%(message)s"), Structured()), strict=True):
            handler.setFormatter(formatter)
            handler.addFilter(lambda record: not (is_server and record.name.startswith("http")))
            root.addHandler(handler)
        root.setLevel(level)
        try:
            yield
        finally:
            root.setLevel(before)
            for handler in kept:
                root.removeHandler(handler)
                handler.close()

    def _config(self) -> str:
        config = self._given / "edgedns.toml"
        config.touch()
        return str(config)


@contextmanager
def upstream(*responses: Response, **scripts: Sequence[Response]) -> Generator[Upstream]:
    """Play EdgeDNS in a thread."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(fake_edgedns(*responses, **scripts)) as playing,
    ):
        yield playing
