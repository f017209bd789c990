"""What each value of a log means, and what is never kept of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import EDNS_SECRET, epoch

from edgedns_mcp.intake.fields import endpoint_of, environment_of, epoch_of, event_of, safe_id, status_of

SECRETS = {
    "EdgeDNS": EDNS_SECRET,
    "EdgeDNS, cut": EDNS_SECRET[:20],
    "EdgeDNS test": EDNS_SECRET.replace("live", "test"),
    "Bearer": "Bearer abcdefgh12345678",
    "bearer": "bearer abcdefgh12345678",
    "Basic": "Basic dXNlcjpwYXNz",
    "Stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "OpenAI": "sk-proj-" + "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5",
    "GitHub": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "GitLab": "glpat-" + "abcdefghij0123456789",
    "Slack": "xoxb-" + "123456789012-1234567890123-AbCdEfGh",
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "JWT": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "base64": "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
}
IDENTIFIERS = (
    "key_1",
    "payments-api",
    "the payments team",
    "203.0.113.7",
    "2001:db8:85a3::8a2e:370:7334",
    "::ffff:203.0.113.7",
    "host-12.eu-central-1.compute.example.org",
    "123e4567-e89b-12d3-a456-426614174000",
    "123E4567-E89B-12D3-A456-426614174000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "user@example.org",
    "edns_live_",
    "Größe 7",
    "1234567890123456789012345678901234567890",
)
ORDINARY_NAMES = (
    "pkg-registry-mirror-prod",
    "skyline-checkout-service",
    "ghosts-in-the-machine",
)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_of_a_secret_only_a_fingerprint_and_the_last_four_are_kept(secret):
    kept = safe_id(secret)
    assert kept.startswith("secret-")
    assert kept.endswith(f"-{secret[-4:]}")
    assert secret[4:-4] not in kept


def test_a_secret_has_one_fingerprint_and_two_secrets_have_two():
    assert safe_id(EDNS_SECRET) == safe_id(EDNS_SECRET)
    assert safe_id(EDNS_SECRET) != safe_id("edns_live_" + "Zz3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z")


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_an_identifier_is_kept_as_it_is(identifier):
    assert safe_id(identifier) == identifier


@pytest.mark.parametrize("name", ORDINARY_NAMES)
def test_a_name_that_merely_begins_like_a_secret_is_kept_as_it_is(name):
    assert safe_id(name) == name


@pytest.mark.parametrize("around", ["key={}", "{};v2", "user:{}", '"{}"', "{0},{0}"])
def test_a_secret_inside_an_identifier_is_not_kept(around):
    assert EDNS_SECRET[10:] not in safe_id(around.format(EDNS_SECRET))


def test_an_identifier_without_end_is_cut():
    assert safe_id("ab-" * 1000) == ("ab-" * 1000)[:200]


@given(st.text(max_size=300))
def test_whatever_the_identifier_it_stays_bounded_and_the_same(text):
    assert safe_id(text) == safe_id(text)
    assert len(safe_id(text)) <= 200


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v1/whois", "/v1/whois"),
        ("/v1/whois?domain=example.org", "/v1/whois"),
        ("/v1/whois#part", "/v1/whois"),
        ("/v1/whois#part?q", "/v1/whois"),
        ("/v1/whois?a=1#b", "/v1/whois"),
        (f"/v1/whois?key={EDNS_SECRET}", "/v1/whois"),
        ("https://api.example.org/v1/whois", "/v1/whois"),
        ("HTTP://user:password@api.example.org:8080/v1/whois", "/v1/whois"),
        ("https://api.example.org", "/"),
        ("?q", "/"),
        ("", "/"),
        (f"/v1/keys/{EDNS_SECRET}", "/v1/keys/{secret}"),
        (f"/v1/keys/{EDNS_SECRET}/usage", "/v1/keys/{secret}/usage"),
        ("/redirect/https://example.org", "/redirect/https://example.org"),
    ],
)
def test_an_endpoint_is_the_path_alone(path, endpoint):
    assert endpoint_of(path) == endpoint


@pytest.mark.parametrize("name", ["Stripe", "GitHub", "AWS", "JWT"])
def test_another_vendors_secret_in_a_path_is_not_kept(name):
    assert SECRETS[name] not in endpoint_of(f"/v1/keys/{SECRETS[name]}/usage")


@pytest.mark.parametrize(
    ("word", "environment"),
    [
        ("live", "live"),
        ("Production", "live"),
        ("PROD", "live"),
        ("test", "test"),
        ("Sandbox", "test"),
        ("staging", "test"),
        ("blue", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_environment_is_known_by_its_word(word, environment):
    assert environment_of(word, "key_1") == environment


def test_an_edgedns_key_tells_its_environment_where_the_log_does_not():
    assert environment_of("", EDNS_SECRET) == "live"
    assert environment_of("", EDNS_SECRET.replace("live", "test")) == "test"
    assert environment_of("test", EDNS_SECRET) == "test"


def test_a_key_that_was_a_secret_still_tells_its_environment():
    event = event_of({"key_id": EDNS_SECRET, "timestamp": 1_000_000_000, "status": 200, "endpoint": "/"})
    assert event.environment == "live"
    assert event.key_id == safe_id(EDNS_SECRET)


@pytest.mark.parametrize("nobody", [None, "", "-", "  ", " - "])
def test_no_key_is_the_empty_one(nobody):
    assert event_of({"key_id": nobody, "timestamp": 1_000_000_000, "status": 200}).key_id == ""


def test_a_number_is_a_key_like_others():
    assert event_of({"key_id": 7, "timestamp": 1_000_000_000, "status": 200}).key_id == "7"
    assert event_of({"key_id": 0, "timestamp": 1_000_000_000, "status": 200}).key_id == "0"


@given(st.integers(946_684_800, 4_102_444_799))
def test_seconds_and_milliseconds_are_the_same_moment(at):
    assert epoch_of(at) == epoch_of(str(at)) == at
    assert epoch_of(at * 1000) == epoch_of(str(at * 1000)) == at


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the clock's zone can be set on POSIX only")
def test_a_moment_without_an_offset_is_utc_wherever_the_machine_is(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert epoch_of("2026-10-05T10:15:30") == epoch("2026-10-05T10:15:30")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_alone_is_its_midnight():
    assert epoch_of("2026-10-05") == epoch("2026-10-05")


@pytest.mark.parametrize("status", [100, 200, "404", 599, 999])
def test_a_status_has_three_digits(status):
    assert status_of(status) == int(status)
