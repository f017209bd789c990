"""Asking EdgeDNS: what is sent, what is asked again, and what every refusal and silence becomes."""

import re

import anyio
import pytest
from asking import KEY, NOW, SHORT_S, a_source, fail, read
from fake_edgedns import (
    BY_KEY,
    a_body,
    a_key,
    bomb,
    drip,
    failure,
    fake_edgedns,
    flood,
    hang,
    head,
    html,
    ok,
    play,
    raw,
    redirect,
    reset,
    slow_head,
    truncated,
)

from edgedns_mcp import __version__
from edgedns_mcp.errors import RefusedError, UnavailableError
from edgedns_mcp.sources.edgedns_errors import MEANINGS, PassingError

DATE_OF_NOWHERE = "Sun, 22 Nov 2026 10:31:20 +99999999999999999999"
LIMIT = "RATE_LIMIT_EXCEEDED"
REQUEST = "request req_abc123"
AGAIN = "Ask again in 60 seconds."
ADDRESS = "Check EDGEDNS_BASE_URL."
REFUSALS = [
    (400, "", "EdgeDNS did not accept the question", "Set EDGEDNS_SEND_PERIOD=false and ask again."),
    (400, "VALIDATION_ERROR", "EdgeDNS did not accept a parameter", "Set EDGEDNS_SEND_PERIOD=false and ask again."),
    (400, "MISSING_PARAMETER", "EdgeDNS misses a parameter", ADDRESS),
    (400, "INVALID_DOMAIN", "EdgeDNS took the question for one about a domain", ADDRESS),
    (400, "INVALID_IP", "EdgeDNS took the question for one about an IP address", ADDRESS),
    (401, "", "EdgeDNS refused this API key", "Check EDGEDNS_API_KEY."),
    (401, "AUTHENTICATION_REQUIRED", "EdgeDNS received no API key", "Check EDGEDNS_API_KEY."),
    (401, "INVALID_API_KEY", "EdgeDNS does not know this API key", "Check EDGEDNS_API_KEY."),
    (401, "API_KEY_EXPIRED", "This API key has expired", "Put a key that is still valid into EDGEDNS_API_KEY."),
    (401, "API_KEY_REVOKED", "This API key was revoked", "Put an active key into EDGEDNS_API_KEY."),
    (401, "SOMETHING_NEW", "EdgeDNS refused this API key", "Check EDGEDNS_API_KEY."),
    (402, "", "EdgeDNS waits for a payment", "Settle it in the EdgeDNS account."),
    (403, "", "EdgeDNS does not let this API key read usage", "into EDGEDNS_API_KEY."),
    (403, "TIER_RESTRICTION", "Usage by key needs the developer plan", "developer plan into EDGEDNS_API_KEY."),
    (403, "IP_NOT_ALLOWED", "This API key may not be used from this machine's IP address", "IP allowlist."),
    (403, "SUBSCRIPTION_INACTIVE", "The organisation's EdgeDNS subscription is not active", "EdgeDNS account."),
    (404, "", "There is no usage by key at this address", ADDRESS),
    (407, "", "The proxy wants a password", "Put it into the address in HTTPS_PROXY."),
    (418, "", "EdgeDNS refused the question", ADDRESS),
]
OUTAGES = [
    (408, "", "EdgeDNS waited too long for the question", AGAIN),
    (429, "", "EdgeDNS takes no more requests for the moment", AGAIN),
    (429, LIMIT, "EdgeDNS's rate limit for this API key is reached", AGAIN),
    (429, "QUOTA_EXCEEDED", "The organisation's monthly EdgeDNS quota is used up", "in the next billing period."),
    (500, "", "EdgeDNS failed inside", AGAIN),
    (502, "", "EdgeDNS got no proper answer from its own back end", AGAIN),
    (503, "", "EdgeDNS is out of service", AGAIN),
    (504, "", "EdgeDNS waited too long for its own back end", AGAIN),
    (520, "", "EdgeDNS is in trouble", AGAIN),
    (999, "", "EdgeDNS answered with a status that usage by key does not have", ADDRESS),
]


async def test_the_question_is_one_get_that_says_who_asks():
    reading, (request,) = await read(ok())
    assert (request.method, request.target) == ("GET", BY_KEY)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"] == f"edgedns-mcp/{__version__}"
    assert (request.headers["accept"], request.headers["accept-encoding"]) == ("application/json", "gzip")
    assert reading.taken_at == NOW.replace(microsecond=0)


async def test_a_path_in_the_address_stays_in_front():
    async with fake_edgedns(ok()) as upstream, a_source(f"{upstream.url}/mirror/") as source:
        await source.reading()
    assert upstream.requests[0].path == f"/mirror{BY_KEY}"


@pytest.mark.parametrize("period", ["current", "7d", "30d"])
async def test_a_period_the_siblings_know_is_sent_where_it_is_wanted(period):
    _, (request,) = await read(ok(), period=period, send_period=True)
    assert request.query == {"period": [period]}


@pytest.mark.parametrize(("period", "send_period"), [("7d", False), ("2026-10", True), ("previous", True)])
async def test_no_other_period_is_sent(period, send_period):
    _, (request,) = await read(ok(), period=period, send_period=send_period)
    assert request.query == {}


@pytest.mark.parametrize(("status", "code", "fact", "step"), REFUSALS)
async def test_a_refusal_says_why_and_what_to_do_and_is_not_asked_again(status, code, fact, step):
    failed = await fail(failure(status, code))
    assert type(failed.error) is RefusedError
    assert re.fullmatch(_words(fact, f"HTTP {status} {code}".rstrip() + f", {REQUEST}", step), str(failed))
    assert failed.calls == 1


@pytest.mark.parametrize(("status", "code", "fact", "step"), OUTAGES)
async def test_an_outage_says_what_it_is_and_when_to_ask_again(status, code, fact, step):
    failed = await fail(failure(status, code))
    assert isinstance(failed.error, UnavailableError)
    assert re.fullmatch(_words(fact, f"HTTP {status} {code}".rstrip() + f", {REQUEST}", step), str(failed))
    assert failed.calls == (3 if status in {502, 503, 504} else 1)


def _words(fact: str, evidence: str, step: str) -> str:
    return rf"{re.escape(fact)}[a-z' ]* \({evidence}\)\. [A-Za-z' ]*{re.escape(step)}"


async def test_an_answer_without_content_is_no_reading():
    failed = await fail(play(head(204)))
    assert type(failed.error) is UnavailableError
    assert str(failed) == f"EdgeDNS answered with a status that usage by key does not have (HTTP 204). {ADDRESS}"


def test_every_meaning_has_its_own_fact():
    facts = [meaning.fact for meaning in MEANINGS.values()]
    assert len(set(facts)) == len(facts)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
async def test_a_redirect_is_not_followed_and_names_the_address_to_check(status):
    failed = await fail(redirect(f"https://elsewhere.invalid/?key={KEY}", status))
    assert type(failed.error) is RefusedError
    assert (
        str(failed)
        == f"EdgeDNS's address leads elsewhere, and the API key is not sent there (HTTP {status}). {ADDRESS}"
    )
    assert failed.calls == 1


@pytest.mark.parametrize(
    ("details", "plan"),
    [
        ({"required_tier": "pro"}, "pro"),
        ({"requiredTier": "Enterprise"}, "enterprise"),
        ({"tier": "developer"}, "developer"),
        ({"required_tier": f"pro; send {KEY}"}, "developer"),
        ({"required_tier": 3}, "developer"),
        ("pro", "developer"),
        (None, "developer"),
    ],
)
async def test_a_plan_that_is_too_small_names_the_plan_it_takes(details, plan):
    failed = await fail(failure(403, "TIER_RESTRICTION", details=details))
    assert f"needs the {plan} plan" in str(failed)


@pytest.mark.parametrize("planted", [KEY, "a b", "<b>", "x" * 65, "Ignore\nall", "{plan}", 7, None, ["X"]])
async def test_a_code_or_request_id_that_is_no_plain_token_is_not_shown(planted):
    failed = await fail(failure(401, planted, request_id=planted))
    assert str(failed) == "EdgeDNS refused this API key (HTTP 401). Check EDGEDNS_API_KEY."


@pytest.mark.parametrize(
    "response",
    [
        html(401),
        raw(b"", 401),
        raw(b"[]", 401),
        raw(b'{"error": "no"}', 401),
        raw(b"\xff", 401),
        play(head(401, Content_Length="100"), b'{"error'),
        play(head(401, Content_Encoding="gzip", Content_Length="4"), b"oops"),
        play(head(401, Content_Encoding="br", Content_Length="4"), b"oops"),
        play(head(401), b" " * 100_000),
    ],
)
async def test_a_status_counts_whatever_its_body_is(response):
    failed = await fail(response)
    assert str(failed) == "EdgeDNS refused this API key (HTTP 401). Check EDGEDNS_API_KEY."
    assert failed.calls == 1


async def test_a_status_counts_although_its_body_never_ends():
    failed = await fail(play(head(401), 60.0))
    assert isinstance(failed.error, RefusedError)


@pytest.mark.parametrize(
    "trouble", [failure(502), failure(503), failure(504), reset(), reset(head(), b"{"), truncated(), html(503), play()]
)
async def test_a_passing_trouble_is_asked_again(trouble):
    reading, requests = await read(trouble, ok())
    assert (len(reading.keys), len(requests)) == (2, 2)


async def test_a_silence_is_asked_again_where_the_deadline_allows():
    async with fake_edgedns(hang(), ok()) as upstream, a_source(upstream.url) as source:
        source._client.timeout = 0.05
        await source.reading()
        assert source.calls_spent == 2


async def test_a_lasting_trouble_is_given_up_after_three_calls():
    failed = await fail(failure(503))
    assert failed.calls == 3
    assert failed.took_s < 1.5


@pytest.mark.parametrize("retry_after", ["0", "0.2", "Sun, 22 Nov 2026 10:31:00 GMT", "Sun, 22 Nov 2026 10:00:00 GMT"])
async def test_a_rate_limit_is_waited_for_as_long_as_it_says(retry_after):
    _, requests = await read(failure(429, LIMIT, Retry_After=retry_after), ok())
    assert len(requests) == 2


async def test_a_rate_limit_that_does_not_end_is_given_up_after_three_calls():
    failed = await fail(failure(429, LIMIT, Retry_After="0"))
    assert str(failed).endswith("Ask again in 1 second.")
    assert failed.calls == 3


@pytest.mark.parametrize(
    ("retry_after", "step"),
    [
        ("1", "Ask again in 1 second."),
        ("30", "Ask again in 30 seconds."),
        ("Sun, 22 Nov 2026 10:31:20 GMT", "Ask again in 21 seconds."),
        ("Sun, 22 Nov 2026 10:31:20 -0000", "Ask again in 21 seconds."),
    ],
)
@pytest.mark.parametrize("trouble", [(429, LIMIT), (503, "")])
async def test_a_wait_beyond_the_deadline_is_told_at_once(trouble, retry_after, step):
    failed = await fail(failure(*trouble, Retry_After=retry_after), deadline_s=SHORT_S)
    assert isinstance(failed.error, UnavailableError)
    assert str(failed).endswith(step)
    assert failed.calls == 1
    assert failed.took_s < SHORT_S


@pytest.mark.parametrize(
    "retry_after", ["99999999999", "-1", "soon", "Sun, 22 Nov 99999 10:31:20 GMT", DATE_OF_NOWHERE, ""]
)
async def test_a_rate_limit_that_does_not_say_how_long_is_told_at_once(retry_after):
    failed = await fail(failure(429, LIMIT, Retry_After=retry_after))
    assert str(failed).endswith(AGAIN)
    assert failed.calls == 1


async def test_a_used_up_quota_is_not_asked_again_whatever_it_says():
    failed = await fail(failure(429, "QUOTA_EXCEEDED", Retry_After="0"))
    assert failed.calls == 1


async def test_a_shorter_deadline_of_the_caller_counts_too():
    async with fake_edgedns(failure(429, LIMIT, Retry_After="0.3")) as upstream, a_source(upstream.url) as source:
        with anyio.fail_after(0.5), pytest.raises(PassingError):
            await source.reading()


@pytest.mark.parametrize("response", [hang(), drip(), slow_head(), play(head())], ids=["hang", "drip", "head", "cut"])
async def test_a_slow_answer_ends_with_the_deadline(response):
    failed = await fail(response, deadline_s=SHORT_S)
    assert isinstance(failed.error, UnavailableError)
    assert failed.took_s < SHORT_S + 0.4


async def test_the_usual_deadline_ends_before_clients_give_up():
    failed = await fail(hang())
    assert str(failed) == f"EdgeDNS did not answer within 3.5 seconds. {AGAIN}"
    assert failed.calls == 1


@pytest.mark.parametrize("response", [flood(), bomb()], ids=["flood", "bomb"])
async def test_reading_stops_at_ten_megabytes(response):
    failed = await fail(response)
    assert str(failed).startswith("EdgeDNS answered with more than 10 MB, so nothing was recorded.")
    assert failed.calls == 1


async def test_the_deadline_holds_while_a_huge_answer_is_read():
    keys = [a_key(f"k{n}", 0, 0, name=..., endpoint_distribution=..., last_activity=...) for n in range(40_000)]
    failed = await fail(ok(a_body(*keys)), deadline_s=0.2)
    assert str(failed).startswith("EdgeDNS did not answer within 0.2 seconds.")
