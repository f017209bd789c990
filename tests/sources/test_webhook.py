"""Notices over a real connection: what arrives, what is tried again, and what nobody knows."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import stamina
from fake_edgedns import fake_edgedns, flood, hang, head, play, raw, redirect, reset, slow_head

from edgedns_mcp.errors import ConfigurationError, UncertainError, UnfitError, UntoldError
from edgedns_mcp.models import FindingRow, Notice
from edgedns_mcp.sources.webhook import webhook

SECRET = "/services/T00/B00/s3cr3t?token=hush"
TAKEN = raw(b"ok")
SHORT_S = 0.4
FINDING = FindingRow(
    finding_id="24eef3a034",
    kind="spike",
    severity="high",
    key_id="key_1",
    name="payments",
    environment="live",
    team="payments",
    start=datetime(2026, 11, 21, tzinfo=UTC),
    end=datetime(2026, 11, 22, tzinfo=UTC),
    what="payments made 900 requests on 2026-11-21.",
    next_step="Ask team payments.",
    request_count=900,
    error_count=0,
    error_percent=0.0,
    usual_error_percent=None,
    worst_start=datetime(2026, 11, 21, tzinfo=UTC),
    worst_count=900,
    expected_count=100.0,
    expected_low=80,
    expected_high=120,
    ratio=9.0,
    record_count=130,
    record_start=None,
    history_days=60,
    team_ratio=None,
    team_peers=0,
    quiet_days=None,
    wrong_environments={},
    endpoint_distribution={},
    new_endpoints={},
    also=(),
)
NOTICE = Notice(text="High: payments made 900 requests.", finding=FINDING)


@pytest.fixture(autouse=True)
def _no_rests():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@asynccontextmanager
async def address(url, **options):
    told = webhook(url + SECRET, **options)
    try:
        yield told
    finally:
        await told.aclose()


async def fail(*responses, error, **options):
    """Tell once and expect a failure; give its sentence, and how often the server was asked."""
    async with fake_edgedns(*responses) as upstream:
        return await fail_at(upstream.url, error=error, **options), len(upstream.requests)


async def fail_at(url, *, error, **options):
    async with address(url, **options) as told:
        with pytest.raises(UntoldError) as caught:
            await told.tell(NOTICE)
    assert isinstance(caught.value, error)
    assert not any(part in str(caught.value) for part in ("services", "s3cr3t", "hush"))
    assert caught.value.__cause__ is None
    return str(caught.value)


async def test_a_notice_is_one_post_of_json():
    async with fake_edgedns(TAKEN) as upstream, address(upstream.url) as told:
        await told.tell(NOTICE)
    (request,) = upstream.requests
    assert (request.method, request.target) == ("POST", SECRET)
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == NOTICE.model_dump(mode="json")


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_what_the_answer_says_beside_its_status_does_not_matter(status):
    async with fake_edgedns(raw(b"<html>", status)) as upstream, address(upstream.url) as told:
        await told.tell(NOTICE)


async def test_an_answer_without_an_end_is_not_read():
    async with fake_edgedns(flood()) as upstream, address(upstream.url) as told:
        await told.tell(NOTICE)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_passing_refusal_is_tried_again(status):
    async with fake_edgedns(raw(b"", status), raw(b"", status), TAKEN) as upstream, address(upstream.url) as told:
        await told.tell(NOTICE)
    assert len(upstream.requests) == 3


async def test_a_refusal_that_does_not_pass_ends_after_few_attempts():
    sentence, asked = await fail(raw(b"", 500), error=UntoldError)
    assert asked == 3
    assert sentence == "127.0.0.1 did not take finding 24eef3a034 (HTTP 500); the next turn tries again."


async def test_who_asks_for_a_long_pause_is_left_alone_until_the_next_turn():
    _, asked = await fail(raw(b"", 429, Retry_After="60"), error=UntoldError)
    assert asked == 1


@pytest.mark.parametrize("response", [raw(b"", 401), raw(b"", 404), raw(b"", 410), redirect("http://127.0.0.1:9/")])
async def test_a_refusal_is_final_and_nobody_is_sent_elsewhere(response):
    sentence, asked = await fail(response, error=UntoldError)
    assert asked == 1
    assert sentence.endswith("; check the address given with --notify.")


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_notice_that_does_not_fit_says_nothing_of_the_next(status):
    _, asked = await fail(raw(b"", status), error=UnfitError)
    assert asked == 1


SILENCES = {
    "nothing": hang(),
    "reset": reset(),
    "closed": play(),
    "headers without end": slow_head(),
    "no HTTP": play(b"garbage\r\n\r\n"),
    "a gateway that heard nothing": raw(b"", 504),
}


@pytest.mark.parametrize("response", SILENCES.values(), ids=SILENCES)
async def test_after_a_silence_nobody_knows_and_nothing_is_sent_again(response):
    sentence, asked = await fail(response, error=UncertainError, deadline_s=SHORT_S)
    assert asked == 1
    assert sentence == "127.0.0.1 never said whether it took finding 24eef3a034; it may have: it is told once."


async def test_a_silence_after_a_refusal_is_uncertain_too():
    _, asked = await fail(raw(b"", 500), hang(), error=UncertainError, deadline_s=3.0)
    assert asked == 2


async def test_a_refused_connection_is_known_not_to_have_arrived(closed_port):
    sentence = await fail_at(f"http://127.0.0.1:{closed_port}", error=UntoldError)
    assert "it refused the connection" in sentence


async def test_a_name_that_nobody_knows_is_known_not_to_have_arrived():
    sentence = await fail_at("https://nobody.invalid", error=UntoldError)
    assert sentence.startswith("nobody.invalid could not be told of finding 24eef3a034: ")


async def test_a_certificate_that_nobody_trusts_is_refused_before_anything_is_sent(tls):
    async with fake_edgedns(TAKEN, tls=tls) as upstream:
        sentence = await fail_at(upstream.url, error=UntoldError)
    assert "its certificate is not trusted here" in sentence
    assert upstream.requests == []


async def test_a_trusted_host_is_told(tls, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with fake_edgedns(TAKEN, tls=tls) as upstream, address(upstream.url) as told:
        await told.tell(NOTICE)
    assert len(upstream.requests) == 1


async def test_a_proxy_that_takes_no_connection_heard_nothing_of_ours(monkeypatch):
    async with fake_edgedns(play(head(403))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        sentence = await fail_at("https://hooks.example.com", error=UntoldError)
    assert "the proxy did not open the way" in sentence
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert not any("s3cr3t" in request.target for request in proxy.requests)


async def test_what_is_sent_in_clear_passes_no_proxy(monkeypatch):
    async with fake_edgedns(TAKEN) as upstream, fake_edgedns(TAKEN) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with address(upstream.url) as told:
            await told.tell(NOTICE)
    assert (len(upstream.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize(
    "url",
    ["", "hook", "hooks.slack.com/s3cr3t", "https://", "https:///s3cr3t", "ftp://host/s3cr3t", "http://host/s3cr3t",
     "http://127.0.0.1.example.com/s3cr3t", "http://localhost@host/s3cr3t", "https://host:s3cr3t/"],
)  # fmt: skip
def test_an_address_that_would_tell_everybody_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigurationError, match="--notify needs the address of a webhook") as caught:
        webhook(url)
    assert "s3cr3t" not in str(caught.value)


async def test_addresses_are_told_apart_by_a_digest_that_shows_nothing():
    async with address("https://host") as one, address("https://host") as same, address("https://host/x") as other:
        assert one.digest == same.digest != other.digest
        assert len(one.digest) == 32
        assert one.host == "host"
