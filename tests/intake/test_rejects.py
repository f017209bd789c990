"""Lines that cannot be read are kept to be looked at: all, once, without secrets, for their owner alone."""

import json

from intake_builders import EDNS_SECRET, clf, epoch, of

from edgedns_mcp.store import coverage

GOOD = [clf(time=f"05/Oct/2026:1{n}:00:00 +0000") for n in range(10)]
STRIPE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def kept(desk, path):
    return [json.loads(line) for line in desk.rejects_of(path).read_text().splitlines()]


def unread(desk):
    return desk.database.read(lambda tx: coverage.unread(of(tx), 0, 2**40))


def test_every_reject_is_kept_with_its_line_and_why(desk):
    path = desk.log(GOOD[0], *[f"garbage {n}" for n in range(20)], GOOD[1])
    assert desk.take(path).rejected == 20
    assert [(one["line"], one["why"], one["text"]) for one in kept(desk, path)] == [
        (n + 2, "not a line of the combined format", f"garbage {n}") for n in range(20)
    ]
    assert desk.rejects_of(path).stat().st_mode & 0o777 == 0o600


def test_a_log_without_rejects_leaves_no_file(desk):
    path = desk.log(*GOOD)
    desk.take(path)
    assert not desk.rejects_of(path).exists()


def test_no_secret_gets_into_the_reject_file(desk):
    path = desk.log(
        GOOD[0], f"a {EDNS_SECRET} b", f"Authorization: Bearer {'x' * 30}", f"key={STRIPE}", "Basic dXNlcjpwYXNz"
    )
    desk.take(path)
    text = desk.rejects_of(path).read_text()
    assert "{secret}" in text
    assert not any(secret in text for secret in (EDNS_SECRET[10:], "x" * 8, STRIPE[8:], "dXNlcjpwYXNz"))


def test_rejects_of_a_file_that_grows_and_of_the_next_file_of_its_name_stay(desk):
    path = desk.log(GOOD[0], "a")
    desk.take(path)
    desk.take(desk.log(GOOD[0], "a", GOOD[1], "b"))
    desk.take(desk.log(GOOD[2], "c"))
    assert [(one["line"], one["text"]) for one in kept(desk, path)] == [(2, "a"), (4, "b"), (2, "c")]
    assert len({one["log"] for one in kept(desk, path)}) == 2


def test_what_a_stopped_import_had_written_is_written_once(desk):
    lines = [GOOD[0], "a", GOOD[1], "b"]
    path = desk.log(*lines)
    desk.take(path)
    whole = desk.rejects_of(path).read_text()
    (entry,) = [line for line in whole.splitlines() if '"b"' in line]
    desk.database.write(lambda tx: [tx.run(f"DELETE FROM {name}") for name in ("ledger", "rejected")])
    desk.rejects_of(path).write_text(whole + entry[:-20])
    desk.take(path)
    assert desk.rejects_of(path).read_text() == whole


def test_a_foreign_file_of_that_name_loses_nothing(desk):
    path = desk.log(GOOD[0], "a")
    desk.rejects_of(path).write_text("mine\n")
    desk.take(path)
    assert desk.rejects_of(path).read_text().startswith("mine\n{")


def test_a_long_line_is_cut(desk):
    path = desk.log(GOOD[0], "x " * 9_000)
    desk.take(path)
    assert len(kept(desk, path)[0]["text"]) == 4096


def test_where_rejects_stood_is_noted_between_their_neighbours(desk):
    moments = [epoch(f"2026-10-05T1{n}:00:00") for n in range(10)]
    desk.take(desk.log("a", GOOD[0], "b", "", "c", GOOD[2], GOOD[1], "d"))
    assert unread(desk) == [
        (moments[0], moments[0], 1),
        (moments[0], moments[2], 2),
        (moments[1], moments[1], 1),
    ]


def test_a_chunk_of_rejects_alone_stands_behind_what_came_before(desk):
    path = desk.log(GOOD[0], GOOD[3], *["garbage garbage garbage"] * 20, GOOD[5])
    desk.take_in_chunks(200, path)
    assert sum(one.lines for one in unread(desk)) == 20
    assert {(one.start, one.end) for one in unread(desk)} <= {
        (epoch("2026-10-05T13:00:00"), epoch("2026-10-05T13:00:00")),
        (epoch("2026-10-05T13:00:00"), epoch("2026-10-05T15:00:00")),
    }
