"""The rules of a key audit, one by one: what each finds, and what it must leave alone."""

import pytest
from governance_builders import DAY, NOW, a_situation, a_subject, ago, at, tally, unused

from edgedns_mcp.domain.governance.dates import expired, near_expiry, old, replaced_but_used, revoked_but_used
from edgedns_mcp.domain.governance.idle import unused as unused_rule
from edgedns_mcp.domain.governance.idle import use_of
from edgedns_mcp.domain.governance.load import concentration, error_heavy, spread
from edgedns_mcp.domain.governance.places import (
    duplicate_names,
    name_conflict,
    named_environment,
    no_owner,
    wrong_environment,
)
from edgedns_mcp.models import Reason


def kind(reason: Reason | None) -> str | None:
    return reason and reason.kind


@pytest.mark.parametrize(
    ("one", "observed", "state"),
    [
        (a_subject(), [(120, 0)], "used"),
        (unused(last=29.5), [(120, 0)], "used"),
        (unused(last=30), [(120, 0)], "dormant"),
        (unused(last=400), [(120, 0)], "dormant"),
        (unused(last=400), [(20, 0)], "unknown"),
        (unused(last=60), [(120, 50)], "unknown"),
        (unused(last=60), [(120, 50), (20, 0)], "dormant"),
        (unused(created_at=ago(90)), [(120, 0)], "never_used"),
        (unused(created_at=ago(200)), [(120, 0)], "zero_in_window"),
        (unused(created_at=ago(90)), [(120, 60), (50, 0)], "zero_in_window"),
        (unused(created_at=None), [(120, 0)], "zero_in_window"),
        (unused(created_at=None), [(29, 0)], "unknown"),
        (unused(created_at=None), [(30, 0)], "zero_in_window"),
        (unused(last=30), [(20, 0)], "unknown"),
        (unused(created_at=ago(30)), [(120, 0)], "never_used"),
        (unused(created_at=ago(90)), [(120, 50), (50 - 1 / 24, 0)], "zero_in_window"),
        (unused(created_at=ago(90)), [(120, 50), (50 - 0.9 / 24, 0)], "never_used"),
        (unused(created_at=ago(29)), [(120, 0)], "young"),
        (unused(created_at=ago(200)), [], "unknown"),
        (unused(slack=3), [(120, 0)], "used"),
        (unused(slack=None), [(120, 0)], "used"),
    ],
)
def test_never_used_dormant_zero_and_unknown_are_told_apart(one, observed, state):
    given = a_situation(observed=observed)
    assert use_of(one, given).state == state
    listed = state in ("never_used", "dormant", "zero_in_window")
    assert kind(unused_rule(one, given)) == (state if listed else None)


def test_the_days_that_make_a_key_dormant_are_asked_for():
    assert kind(unused_rule(unused(last=45), a_situation(dormant_days=45))) == "dormant"
    assert unused_rule(unused(last=44.9), a_situation(dormant_days=45)) is None
    assert use_of(unused(created_at=ago(100)), a_situation(dormant_days=365)).state == "young"


def test_a_source_that_states_the_last_use_needs_no_observation():
    given = a_situation(observed=[(11, 0)], states_last_use=True)
    assert unused_rule(unused(last=82), given) == Reason("dormant", at=ago(82), days=82)
    assert use_of(unused(last=20), given).state == "used"
    assert use_of(unused(created_at=ago(90)), given).state == "unknown"  # not told is not never


def test_only_observed_days_are_quiet_days():
    reason = unused_rule(unused(last=100), a_situation(observed=[(120, 80), (60, 0)]))
    assert reason == Reason("dormant", at=ago(100), days=80)


def test_a_key_is_expired_and_used_only_by_a_later_hour():
    given = a_situation()
    assert expired(a_subject(), given) is None
    assert expired(a_subject(expires_at=ago(-1)), given) is None
    assert expired(unused(expires_at=ago(5), last=9), given) == Reason("expired", at=ago(5), days=5)
    assert kind(expired(a_subject(expires_at=ago(5)), given)) == "expired_but_used"
    assert kind(expired(unused(expires_at=NOW, last=9), given)) == "expired"
    at_half_past = ago(5).replace(minute=30)
    assert kind(expired(a_subject(expires_at=at_half_past, last=5 - 1 / 24), given)) == "expired_but_used"
    assert kind(expired(a_subject(expires_at=at_half_past, last=5 - 0.9 / 24), given)) == "expired"


@pytest.mark.parametrize(("days", "found"), [(0.5, 0), (6.9, 6), (29.9, 29), (30, None), (0, None), (-0.1, None)])
def test_a_used_key_that_expires_within_30_days_is_near_expiry(days, found):
    reason = near_expiry(a_subject(expires_at=NOW + days * DAY), a_situation())
    assert (reason and reason.days) == found
    assert near_expiry(unused(expires_at=NOW + days * DAY), a_situation()) is None


def test_a_revoked_key_that_is_still_sent_is_told():
    given = a_situation()
    assert kind(revoked_but_used(a_subject(revoked_at=ago(10)), given)) == "revoked_but_used"
    assert revoked_but_used(a_subject(revoked_at=ago(10), last=11), given) is None
    assert kind(revoked_but_used(a_subject(revoked_at=ago(10), last=10), given)) == "revoked_but_used"
    assert kind(revoked_but_used(a_subject(revoked_at=NOW), given)) == "revoked_but_used"
    assert revoked_but_used(a_subject(revoked_at=ago(-10)), given) is None
    assert revoked_but_used(unused(revoked_at=ago(10), last=5), given) is None


def test_a_replaced_key_that_is_still_used_is_told_and_is_not_old():
    replaced = a_subject(created_at=ago(900), replaced_by="id_new")
    assert replaced_but_used(replaced, a_situation()) == Reason("replaced_but_used", number=1_000, words=("id_new",))
    assert replaced_but_used(unused(replaced_by="id_new"), a_situation()) is None
    assert old(replaced, a_situation()) is None


@pytest.mark.parametrize(("days", "found"), [(366, 366), (365, None), (2_000, 2_000)])
def test_a_used_key_older_than_a_year_is_old(days, found):
    reason = old(a_subject(created_at=ago(days)), a_situation())
    assert (reason and reason.days) == found
    assert old(unused(created_at=ago(days)), a_situation()) is None
    assert old(a_subject(created_at=None), a_situation()) is None


@pytest.mark.parametrize(
    ("declared", "seen", "allowed", "words"),
    [
        ("test", {"live"}, (), ("test", "live")),
        ("live", {"test", "live"}, (), ("live", "test")),
        ("live", {"test", "live"}, ("test",), None),
        ("live", {"live", "unknown"}, (), None),
        ("unknown", {"live", "test"}, (), None),
    ],
)
def test_use_outside_the_declared_and_allowed_environments_is_told(declared, seen, allowed, words):
    one = a_subject(environment=declared, seen=frozenset(seen), allowed_environments=allowed)
    reason = wrong_environment(one, a_situation())
    assert (reason and reason.words) == words


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("checkout-prod", "live"),
        ("Prod.Checkout", "live"),
        ("ci-test", "test"),
        ("staging_billing", "test"),
        ("checkout", "unknown"),
        ("latest-prices", "unknown"),
        ("livestream", "unknown"),
        ("prod-test-copy", "unknown"),
    ],
)
def test_a_name_says_an_environment_by_a_whole_part_and_only_one(name, environment):
    assert named_environment(name) == environment


def test_a_name_that_contradicts_the_declared_environment_is_told():
    given = a_situation()
    assert name_conflict(a_subject("ci-test"), given) == Reason("name_conflict", words=("test", "live"))
    assert name_conflict(a_subject("checkout-prod", environment="test"), given) is not None
    assert name_conflict(a_subject("checkout-prod"), given) is None
    assert name_conflict(a_subject("ci-test", environment="unknown"), given) is None
    assert name_conflict(a_subject("ci-test", allowed_environments=("test",)), given) is None


def test_a_used_key_of_no_team_has_no_owner():
    assert kind(no_owner(a_subject(team="unassigned"), a_situation())) == "no_owner"
    assert no_owner(a_subject(), a_situation()) is None
    assert no_owner(unused(team="unassigned"), a_situation()) is None
    assert no_owner(a_subject(team="unassigned"), a_situation(has_teams=False)) is None


def test_keys_of_one_name_and_environment_are_told_but_twins_and_rotations_are_not():
    first, second = a_subject("mailer", key_id="id_1", requests=5), a_subject("Mailer", key_id="id_2", requests=9)
    twin = a_subject("mailer", key_id="id_3", environment="test")
    assert duplicate_names([first, second, twin]) == {"id_1": Reason("duplicate_name", number=1, words=("id_2",))}
    rotated = a_subject("mailer", key_id="id_1", replaced_by="id_2")
    assert duplicate_names([rotated, second]) == {}
    nameless = [a_subject(one, key_id=one) for one in ("id_1", "id_2")]
    assert duplicate_names(nameless) == {}


@pytest.mark.parametrize(
    ("requests", "errors", "found"),
    [(1_000, 100, 10.0), (1_000, 99, None), (100, 20, 20.0), (99, 99, None), (100, 19, None), (1_000, None, None)],
)
def test_a_tenth_of_enough_requests_that_fail_is_error_heavy(requests, errors, found):
    reason = error_heavy(a_subject(requests=requests, errors=errors), a_situation())
    assert (reason and reason.percent) == found


def test_the_endpoint_with_most_of_the_errors_is_named():
    paths = {"/v1/score/security": tally(300, 300), "/v1/dns/dnssec": tally(700, 30)}
    assert error_heavy(a_subject(errors=330, paths=paths), a_situation()) == Reason(
        "error_heavy", number=330, percent=33.0, words=("/v1/score/security", "300", "100.0")
    )
    alone = {"/v1/dns/dnssec": tally(1_000, 330)}
    reason = error_heavy(a_subject(errors=330, paths=alone), a_situation())
    assert reason is not None
    assert reason.words == ()
    even = {f"/v1/{number}": tally(250, 50) for number in range(4)}
    reason = error_heavy(a_subject(errors=200, paths=even), a_situation())
    assert reason is not None
    assert reason.words == ()
    unknown = {path: one._replace(errors=None) for path, one in paths.items()}
    assert error_heavy(a_subject(errors=330, paths=unknown), a_situation()) == Reason(
        "error_heavy", number=330, percent=33.0
    )


def test_the_endpoint_that_fails_most_is_named_whatever_its_name_up_to_120_characters():
    path = "/v1/" + "a" * 116
    paths = {path: tally(300, 300), "/v1/zone": tally(700, 30), "/v1/unknown": tally(5, None)}
    reason = error_heavy(a_subject(errors=330, paths=paths), a_situation())
    assert reason is not None
    assert reason.words == (path, "300", "100.0")


def test_errors_of_no_known_endpoint_name_none():
    reason = error_heavy(a_subject(errors=330, paths={"": tally(1_000, 330), "/v1/a": tally(9_000, 0)}), a_situation())
    assert reason is not None
    assert reason.words == ()


@pytest.mark.parametrize(
    ("worst", "rest", "is_named"),
    [
        (tally(200, 100), tally(800, 100), True),
        (tally(200, 99), tally(800, 101), False),
        (tally(400, 120), tally(600, 80), True),
        (tally(401, 120), tally(599, 80), False),
    ],
)
def test_an_endpoint_is_named_for_half_of_the_errors_at_half_again_the_rate(worst, rest, is_named):
    others = {f"/v1/{number}": tally(rest.requests // 10, rest.errors // 10) for number in range(9)}
    left = tally(rest.requests - 9 * (rest.requests // 10), rest.errors - 9 * (rest.errors // 10))
    reason = error_heavy(a_subject(errors=200, paths={"/v1/bad": worst, **others, "/v1/9": left}), a_situation())
    assert reason is not None
    assert bool(reason.words) is is_named


@pytest.mark.parametrize(("requests", "keys", "found"), [(4_000, 5, 40.0), (3_990, 5, None), (9_000, 4, None)])
def test_one_key_with_two_fifths_of_all_requests_is_a_concentration(requests, keys, found):
    reason = concentration(a_subject(requests=requests), a_situation(used_keys=keys))
    assert (reason and reason.percent) == found


@pytest.mark.parametrize(
    ("counts", "hhi", "equal"),
    [((100,), 10_000, 1.0), ((50, 50), 5_000, 2.0), ((25,) * 4, 2_500, 4.0), ((90, 10), 8_200, 1.2)],
)
def test_the_spread_over_keys_is_told_as_hhi_and_as_equal_keys(counts, hhi, equal):
    every = [a_subject(f"key-{number}", requests=count) for number, count in enumerate(counts)]
    found = spread([*every, unused()])
    assert (found.used, found.hhi, found.equal_keys) == (len(counts), hhi, equal)
    assert found.top is every[0]
    assert spread([unused()]) == (0, None, 0, None)


def test_the_key_with_most_requests_stands_for_the_top_and_of_two_alike_the_first_by_id():
    few, most, alike = (a_subject(name, requests=count) for name, count in (("a", 10), ("c", 90), ("b", 90)))
    assert spread([few, most]).top is most
    assert spread([few, most, alike]).top is alike


def test_the_hhi_rounds_half_up():
    assert spread([a_subject("a", requests=1), a_subject("b", requests=2)]).hhi == 5_556  # 10,000 x 5 / 9


def test_a_key_that_was_never_used_says_since_when_and_for_how_many_days():
    reason = unused_rule(unused(created_at=ago(90)), a_situation())
    assert reason == Reason("never_used", at=ago(90), days=90)


def test_a_revoked_key_that_is_used_says_since_when():
    assert revoked_but_used(a_subject(revoked_at=ago(10)), a_situation()) == Reason("revoked_but_used", at=ago(10))


def test_each_reason_says_when_how_many_and_how_much():
    given = a_situation()
    assert near_expiry(a_subject(expires_at=ago(-6)), given) == Reason("near_expiry", at=ago(-6), days=6, number=1_000)
    assert old(a_subject(created_at=ago(400)), given) == Reason("old", at=ago(400), days=400)
    assert no_owner(a_subject(team="unassigned"), given) == Reason("no_owner", number=1_000)
    assert concentration(a_subject(requests=4_000), given) == Reason("concentration", number=10, percent=40.0)


def test_only_stretches_since_a_moment_are_observed_since():
    given = a_situation(observed=[(120, 90), (60, 50), (10, 0)])
    assert given.observed_s(at(ago(20))) == 10 * 86_400
    assert given.observed_s(at(ago(55))) == 15 * 86_400


def test_a_key_of_which_nobody_knows_is_not_called_unused():
    assert unused_rule(unused(last=400), a_situation(observed=[(20, 0)])) is None


def test_days_without_a_request_are_whole_days_since_the_first_that_was_observed():
    reason = unused_rule(unused(created_at=None), a_situation(observed=[(119.5, 0)]))
    assert reason == Reason("zero_in_window", at=ago(119.5), days=119)
    assert use_of(unused(created_at=ago(90)), a_situation()) == ("never_used", 90, at(ago(90)))
    assert use_of(unused(last=40.5), a_situation()) == ("dormant", 40, at(ago(40.5)))
