"""Whatever happens to a database, in whatever order, it answers as the plain-Python reference does."""

import asyncio
import os
import shutil
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
from charged_usage import desk_at
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_builders import (
    FIRST_DAY,
    KEY_IDS,
    a_key,
    batches,
    epoch,
    everything,
    expected,
    of,
    one_cell,
    stored,
    to,
    utc,
    windows,
)
from test_migration import LAST_USED, LATER, ODD_SPANS, later_than
from test_upkeep_fold import folded

from edgedns_mcp.domain.cells import DAY_S, cells_of
from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import ChargebackQuery, Key
from edgedns_mcp.service.chargeback import chargeback_answer
from edgedns_mcp.service.closing import close_period
from edgedns_mcp.store import cells, coverage, keys
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import fold

MONTH = ChargebackQuery(period="2026-10", amount="100")
names = st.sampled_from(("payments-api", "search", "", "payments-api (old)"))
days = st.integers(0, 6)


class UnpluggedError(Exception):
    """What ends a transaction in its middle."""


class Lived(RuleBasedStateMachine):
    """A database, and beside it what was ever put into it."""

    @initialize()
    def begins(self) -> None:
        self.folder = TemporaryDirectory()
        self.number = 0
        self.database = Database.open(self.path)
        self.cells, self.keys, self.closed = [], dict[str, Key](), None
        observed = epoch("2026-09-01"), epoch("2026-12-01")
        self.database.write(lambda tx: coverage.observe(to(tx), "import", *observed))

    @property
    def path(self) -> Path:
        return Path(self.folder.name) / f"{self.number}.db"

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(some=batches)
    def requests_come_in(self, some) -> None:
        for events in some:
            self._put(cells_of(events))

    @rule(some=st.lists(one_cell, max_size=5))
    def counts_come_in(self, some) -> None:
        self._put(some)

    def _put(self, some) -> None:
        self.database.write(lambda tx: cells.apply(to(tx), some))
        self.cells += some

    @rule(some=st.lists(one_cell, min_size=1, max_size=5), key_id=st.sampled_from(KEY_IDS))
    def a_write_breaks_off(self, some, key_id) -> None:
        def unplugged(tx) -> None:
            cells.apply(to(tx), some)
            keys.put_keys(to(tx), [a_key(key_id or "key_3", name="never")])
            raise UnpluggedError

        with suppress(UnpluggedError):
            self.database.write(unplugged)

    @rule(key_id=st.sampled_from(("key_1", "key_2", "key_3")), name=names)
    def a_key_is_listed_or_renamed(self, key_id, name) -> None:
        key = a_key(key_id, name=name, revoked_at=self.keys[key_id].revoked_at if key_id in self.keys else None)
        self.database.write(lambda tx: keys.put_keys(to(tx), [key]))
        self.keys[key_id] = key

    @precondition(lambda self: self.keys)
    @rule(drawn=st.data(), day=days)
    def a_key_is_revoked(self, drawn, day) -> None:
        key_id, at = drawn.draw(st.sampled_from(sorted(self.keys))), utc(FIRST_DAY) + timedelta(days=day)
        self.database.write(lambda tx: keys.revoke(to(tx), key_id, at))
        earliest = min(at, self.keys[key_id].revoked_at or at)
        self.keys[key_id] = self.keys[key_id]._replace(revoked_at=earliest)

    @rule(day=days)
    def old_hours_become_days(self, day) -> None:
        fold(self.database, utc(FIRST_DAY) + timedelta(days=day, hours=30), 30)
        self.cells = folded(self.cells, epoch(FIRST_DAY) + day * DAY_S)

    @rule()
    def running_sums_are_made_anew(self) -> None:
        self.database.write(lambda tx: cells.rebuild_sums(to(tx)))

    @rule()
    def it_is_opened_anew(self) -> None:
        self.database.close()
        self.database = Database.open(self.path)

    @rule()
    def the_machine_loses_power(self) -> None:
        """Go on with the files as they lie on the disk at this moment."""
        before = self.path
        self.number += 1
        for end in ("", "-wal"):
            if (was := before.with_name(before.name + end)).exists():
                shutil.copy(was, self.path.with_name(self.path.name + end))
        self.database.close()
        self.database = Database.open(self.path)

    @precondition(lambda self: self.closed is None)
    @rule(version=st.sampled_from((*LATER, 5)))
    def it_comes_from_an_older_program(self, version) -> None:
        self.database.close()
        with closing(apsw.Connection(str(self.path))) as connection:
            for table in later_than(version):
                connection.execute(f"DROP TABLE {table}")
            if version < ODD_SPANS:
                connection.execute("DROP INDEX span_odd")
            if version < LAST_USED:
                connection.execute("ALTER TABLE key DROP COLUMN last_used_at")
            connection.pragma("user_version", version)
        self.database = Database.open(self.path)

    @precondition(lambda self: self.closed is None)
    @rule()
    def the_month_is_closed(self) -> None:
        with suppress(UsageError), desk_at(self.path) as desk:  # sums without bounds cannot be charged
            asyncio.run(close_period(desk, MONTH))
            self.closed = self._charged()

    @rule(window=windows)
    def it_answers_as_the_reference(self, window) -> None:
        assert self.database.read(lambda tx: everything(tx, window)) == expected(self.cells, window)

    @invariant()
    def nothing_is_lost_and_nothing_counts_twice(self) -> None:
        assert stored(self.database) == sum(cell.requests for cell in self.cells)
        listed = self.database.read(lambda tx: list(keys.list_keys(of(tx))))
        if self.keys:
            assert {key.key_id: key for key in listed if key.key_id in self.keys} == self.keys
        if self.closed:
            assert self._charged() == self.closed

    def _charged(self) -> object:
        with desk_at(self.path) as desk:
            return asyncio.run(chargeback_answer(desk, MONTH))


def test_it_answers_as_the_reference_whatever_happens_in_whatever_order():
    steps, runs = int(os.environ.get("SOAK_STEPS", "12")), int(os.environ.get("SOAK_RUNS", "15"))
    checks = [HealthCheck.too_slow]
    run_state_machine_as_test(
        Lived, settings=settings(max_examples=runs, stateful_step_count=steps, suppress_health_check=checks)
    )
