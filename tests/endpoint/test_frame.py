"""Around every answer: one envelope for every failure, an id, and a log without secrets."""

import logging
import re

import pytest
from endpoint_builders import BY_KEY, EVENTS, USAGE, an_event, bearer, running

PATHS = (BY_KEY, USAGE, EVENTS, "/healthz", "/openapi.json")


def envelope(answer):
    body = answer.json()
    assert body.keys() == {"error", "request_id"}
    assert body["error"].keys() <= {"code", "message", "details"}
    assert re.fullmatch(r"req_[0-9a-f]{24}", body["request_id"])
    assert answer.headers["X-Request-Id"] == body["request_id"]
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", "/v1/events/", f"{BY_KEY}/", "//healthz", "/docs", "/redoc", "/%00", "/..%2f", "/V1/events"],
)
def test_what_is_not_there_is_not_found(shared, path):
    assert envelope(shared.http.get(path)) == (404, "NOT_FOUND")
    assert envelope(shared.http.options(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "allowed"), [(path, "OPTIONS, POST" if path == EVENTS else "GET, HEAD, OPTIONS") for path in PATHS]
)
def test_other_methods_are_told_which_there_are(shared, path, allowed):
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - set(allowed.split(", ")):
        answer = shared.http.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
        assert method == "HEAD" or envelope(answer) == (405, "METHOD_NOT_ALLOWED")
    answer = shared.http.options(path)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (204, allowed, b"")


def test_head_is_get_without_the_body(shared):
    secret = shared.a_key(account="head")
    for path in (BY_KEY, "/healthz", "/openapi.json"):
        got, head = shared.get(path, secret), shared.http.head(path, headers=bearer(secret))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert shared.http.head(BY_KEY).status_code == 401


def test_every_answer_has_an_id_of_its_own_and_is_not_kept(shared):
    answers = [shared.http.get(path) for path in PATHS for _ in range(2)]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any("server" in answer.headers for answer in answers)


def test_health_says_nothing_but_that_the_database_answers(shared):
    answer = shared.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_database_that_fails_is_out_of_service_in_words_that_name_nothing(endpoint, caplog):
    secret = endpoint.a_key()
    endpoint.write(lambda tx: tx.run("ALTER TABLE account RENAME TO lost"))
    for answer in (endpoint.get("/healthz"), endpoint.get(BY_KEY, secret), endpoint.post([an_event()], secret)):
        assert envelope(answer) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "1"
        assert not re.search(f"{endpoint.path}|sql|table|lost|usage.db|{secret}", answer.text, re.IGNORECASE)
        assert f"{answer.json()['request_id']}: The database" in caplog.text


def test_a_failure_that_nobody_foresaw_tells_nothing_but_its_id(tmp_path, clock, caplog):
    with caplog.at_level(logging.INFO), running(tmp_path / "usage.db", clock) as endpoint:
        secret = endpoint.a_key()
        clock.now = "no time at all"
        answer = endpoint.get(BY_KEY, secret)
    assert envelope(answer) == (500, "INTERNAL_ERROR")
    assert not re.search("traceback|error: |attribute|str", answer.text, re.IGNORECASE)
    assert access_lines(caplog) == [f"127.0.0.1 GET {BY_KEY} 500 N ms ID key_payments-api"]


def test_the_log_has_a_line_for_each_request_and_no_secret(tmp_path, clock, caplog):
    with caplog.at_level(logging.INFO), running(tmp_path / "usage.db", clock) as endpoint:
        secret = endpoint.a_key()
        endpoint.get(BY_KEY, secret)
        endpoint.get(f"{BY_KEY}?key={secret}")
        endpoint.http.get(f"/{secret}%0A")
        endpoint.get(BY_KEY, secret[:-1])
    assert access_lines(caplog) == [
        f"127.0.0.1 GET {BY_KEY} 200 N ms ID key_payments-api",
        f"127.0.0.1 GET {BY_KEY} 401 N ms ID -",
        "127.0.0.1 GET (no such path) 404 N ms ID -",
        f"127.0.0.1 GET {BY_KEY} 401 N ms ID -",
    ]


def access_lines(caplog):
    """Give the log of requests, once the server has stopped and written all of it."""
    lines = [record.getMessage() for record in caplog.records if record.name == "edgedns_mcp.access"]
    return [re.sub(r"\d+ ms req_[0-9a-f]{24}", "N ms ID", line) for line in lines]
