"""`record` and the running server take readings of a real HTTP server, in processes of their own."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from asking import KEY
from faces import clean_environment, command
from fake_edgedns import a_body, a_key, dated, failure, fake_edgedns, ok
from test_recorded import Clock, recorded


def settings(upstream, path):
    return {"EDGEDNS_API_KEY": KEY, "EDGEDNS_BASE_URL": upstream.url, "EDGEDNS_DATABASE": str(path)}


def used(requests):
    return ok(a_body(a_key(requests=requests, errors=0, endpoint_distribution={})))


async def run(*arguments, **environment):
    return await asyncio.to_thread(command, *arguments, **environment)


async def test_each_run_records_one_reading(tmp_path):
    path = tmp_path / "usage.db"
    async with fake_edgedns(used(100), used(130)) as upstream:
        an_hour_ago = Clock(datetime.now(UTC) - timedelta(hours=1))
        async with recorded(upstream.url, path, an_hour_ago) as source:
            await source.record(timedelta())
        done = await run("record", **settings(upstream, path))
        status = json.loads((await run("status", "--json", **settings(upstream, path))).stdout)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("Z: 1 key, 130 requests.")
    assert status["readings"] == 2
    assert KEY not in done.stdout + done.stderr


async def test_a_run_tells_what_is_asked_once_a_day_and_asks_it_once(tmp_path):
    told = {"keys": [ok({"keys": [dated()]})], "usage": [ok({"total_requests": 120})]}
    async with fake_edgedns(used(100), **told) as upstream:
        first = await run("record", **settings(upstream, tmp_path / "usage.db"))
        second = await run("record", **settings(upstream, tmp_path / "usage.db"))
    assert first.stdout.splitlines()[1:] == [
        "Account total: 120 requests, no quota stated.",
        "Dates of keys: 1 of 1 keys.",
    ]
    assert second.stdout.count("\n") == 1
    assert len(upstream.daily) == 2


async def test_a_refused_reading_fails_with_one_sentence(tmp_path):
    async with fake_edgedns(failure(401, "INVALID_API_KEY")) as upstream:
        done = await run("record", **settings(upstream, tmp_path / "usage.db"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Check EDGEDNS_API_KEY" in done.stderr
    assert done.stderr.count("\n") == 1


async def test_without_an_api_key_it_says_what_to_set(tmp_path):
    done = await run("record", EDGEDNS_DATABASE=str(tmp_path / "usage.db"))
    assert done.returncode == 2
    assert "EDGEDNS_API_KEY" in done.stderr


async def test_never_is_no_time_to_record_at():
    done = await run("record", "--every", "0", EDGEDNS_API_KEY=KEY)
    assert done.returncode == 2
    assert "would never record" in done.stderr


async def test_the_running_server_records_by_itself_and_writes_nothing_on_standard_output(tmp_path):
    async with fake_edgedns(used(100)) as upstream:
        server = subprocess.Popen(  # noqa: ASYNC220 - waited for in a thread
            [sys.executable, "-m", "edgedns_mcp"],
            env=clean_environment(**settings(upstream, tmp_path / "usage.db")),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            await upstream.asked(1)
            out, _ = await asyncio.to_thread(server.communicate)  # closes standard input, which ends the server
    assert server.returncode == 0
    assert out == b""
