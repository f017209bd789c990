"""`record --notify` and `anomalies --notify` tell a webhook, in processes of their own."""

import asyncio
import json
import sys
from datetime import UTC, datetime

import pytest
from asking import KEY
from faces import clean_environment, command
from fake_edgedns import a_body, a_key, fake_edgedns, ok, raw
from organisation_file import fill

from edgedns_mcp.domain.periods import floor_hour

SECRET = "/services/s3cr3t"
TAKEN = raw(b"ok")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "usage.db"
    hour = floor_hour(datetime.now(UTC))
    fill(path, hour)
    fill(path, hour, "edgedns", "acme")
    return path


@pytest.fixture
def path(filled, tmp_path):
    copy = tmp_path / "usage.db"
    copy.write_bytes(filled.read_bytes())
    return copy


def local(path):
    return {"EDGEDNS_SOURCE": "local", "EDGEDNS_DATABASE": str(path)}


def recording(upstream, path):
    return {
        "EDGEDNS_API_KEY": KEY,
        "EDGEDNS_BASE_URL": upstream.url,
        "EDGEDNS_DATABASE": str(path),
        "EDGEDNS_ACCOUNT": "acme",
    }


def a_reading():
    return ok(a_body(a_key(requests=100, errors=0, endpoint_distribution={})))


async def run(*arguments, **environment):
    done = await asyncio.to_thread(command, *arguments, **environment)
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def finding_ids(hook):
    return sorted(json.loads(request.body)["finding"]["finding_id"] for request in hook.requests)


async def listed(path):
    answer = json.loads((await run("anomalies", "--json", **local(path))).stdout)
    return sorted(one["finding_id"] for one in answer["findings"] if one["severity"] != "low")


async def test_of_two_processes_at_one_time_each_finding_is_told_by_one(path):
    async with fake_edgedns(TAKEN) as hook:
        asked = ("anomalies", "--notify", hook.url + SECRET)
        both = await asyncio.gather(*(run(*asked, **local(path)) for _ in range(2)))
        again = await run(*asked, **local(path))
    assert [one.returncode for one in (*both, again)] == [0, 0, 0]
    assert finding_ids(hook) == await listed(path) != []
    assert again.stderr == ""


async def test_the_answer_on_standard_output_stays_the_structured_result(path):
    async with fake_edgedns(TAKEN) as hook:
        done = await run("anomalies", "--json", "--notify", hook.url + SECRET, **local(path))
    assert json.loads(done.stdout)["findings"]
    assert done.stderr == f"127.0.0.1 was told of {len(hook.requests)} new findings.\n"


async def test_only_what_is_severe_enough_is_told(path):
    async with fake_edgedns(TAKEN) as hook:
        await run("anomalies", "--notify", hook.url + SECRET, "--notify-from", "critical", **local(path))
    assert {json.loads(request.body)["finding"]["severity"] for request in hook.requests} == {"critical"}


@pytest.mark.parametrize(("more", "code"), [((), 1), (("--fail-on", "high"), 3)])
async def test_an_address_that_refuses_is_a_failure_after_the_answer(more, code, path):
    async with fake_edgedns(raw(b"", 404)) as hook:
        done = await run("anomalies", "--notify", hook.url + SECRET, *more, **local(path))
    assert done.returncode == code
    assert "finding_id" in done.stdout
    assert done.stderr.endswith("(HTTP 404); check the address given with --notify.\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("anomalies", "--notify", "http://example.com/s3cr3t"), "--notify needs the address of a webhook"),
        (("record", "--notify", "hooks.example.com/s3cr3t"), "--notify needs the address of a webhook"),
        (("anomalies", "--as-of", "2026-11-22", "--notify", "https://host/s3cr3t"), "Nobody is told of findings while"),
        (("anomalies", "--source", "demo", "--notify", "https://host/s3cr3t"), "The demo keeps nothing"),
    ],
)
async def test_what_cannot_be_told_is_wrong_use(arguments, words):
    done = await run(*arguments, EDGEDNS_API_KEY=KEY)
    assert done.returncode == 2
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1


async def test_each_reading_is_followed_by_what_is_new(path):
    async with fake_edgedns(a_reading()) as upstream, fake_edgedns(TAKEN) as hook:
        asked = ("record", "--notify", hook.url + SECRET)
        first, second = [await run(*asked, **recording(upstream, path)) for _ in range(2)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert "requests.\n" in first.stdout
    assert "127.0.0.1 was told of" in first.stderr
    assert finding_ids(hook) == await listed(path) != []
    assert second.stderr == ""


async def test_a_reading_is_recorded_although_nobody_could_be_told(path):
    async with fake_edgedns(a_reading()) as upstream, fake_edgedns(raw(b"", 404)) as hook:
        done = await run("record", "--notify", hook.url + SECRET, **recording(upstream, path))
    assert done.returncode == 1
    assert "1 key, 100 requests.\n" in done.stdout
    assert done.stderr.count("\n") == 1


async def test_the_first_reading_of_all_finds_nothing_and_says_so(tmp_path):
    async with fake_edgedns(a_reading()) as upstream, fake_edgedns(TAKEN) as hook:
        asked = ("record", "--notify", hook.url + SECRET)
        done = await run(*asked, **recording(upstream, tmp_path / "usage.db"))
    assert done.returncode == 0
    assert "fewer than two readings" in done.stderr
    assert hook.requests == []


async def test_who_keeps_recording_tells_without_waiting_for_the_next_reading(path):
    async with fake_edgedns(a_reading()) as upstream, fake_edgedns(TAKEN) as hook:
        arguments = ("record", "--every", "1d", "--notify", hook.url + SECRET)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edgedns_mcp", *arguments, env=clean_environment(**recording(upstream, path)),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            await hook.asked(len(await listed(path)))
            process.terminate()
            out, err = await process.communicate()
    assert len(upstream.requests) == 1
    assert b"s3cr3t" not in out + err
