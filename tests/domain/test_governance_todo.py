"""What is to be done: every reason has its place, every key lands in one of three, and the order is always the same."""

from datetime import timedelta
from typing import get_args

import pytest
from governance_builders import NOW, a_situation, a_subject, ago, at, tally, unused
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.governance import todo
from edgedns_mcp.domain.governance.idle import use_of
from edgedns_mcp.domain.governance.subject import Subject
from edgedns_mcp.models import AuditReason, Key, Reason

GIVEN = a_situation()
REASONS = get_args(AuditReason)


def tasks_of(*every):
    return todo.tasks(every, todo.reasons_of(every, GIVEN))


def in_short(tasks):
    return [(task.subject.key_id, task.action, task.urgency) for task in tasks]


def test_every_reason_has_an_action_and_an_effort():
    assert set(todo.ACTION_OF) == set(todo.EFFORT_OF) == set(REASONS)


def test_the_most_urgent_comes_first_then_the_least_effort_then_the_reason_then_most_requests():
    every = [
        a_subject("old", created_at=ago(800), requests=9),
        a_subject("busy-old", created_at=ago(800), requests=10),
        unused(name="sleeper", last=50),
        unused(name="ci-sleeper", last=50, environment="test"),
        a_subject("stray", environment="test", requests=1),
        a_subject("dev-api", requests=5),
    ]
    assert in_short(tasks_of(*every)) == [
        ("id_stray", "move", "high"),
        ("id_sleeper", "revoke", "medium"),
        ("id_dev-api", "rename", "medium"),
        ("id_busy-old", "rotate", "medium"),
        ("id_old", "rotate", "medium"),
        ("id_ci-sleeper", "revoke", "low"),
    ]


def test_what_is_alike_comes_by_key_id():
    every = [unused(name=name, last=50) for name in ("gamma", "alpha", "beta")]
    assert [task.subject.key_id for task in tasks_of(*every)] == ["id_alpha", "id_beta", "id_gamma"]


def test_reasons_for_one_action_are_one_thing_to_do_led_by_the_most_urgent():
    one = a_subject(created_at=ago(900), expires_at=NOW + timedelta(days=3))
    (task,) = tasks_of(one)
    assert (task.action, task.urgency) == ("rotate", "high")
    assert [reason.kind for reason in task.reasons] == ["near_expiry", "old"]


def test_a_key_that_is_to_be_revoked_needs_nothing_else():
    one = unused(name="prod-mailer", environment="test", last=80, expires_at=ago(60))
    (task,) = tasks_of(one)
    assert (task.action, task.also) == ("revoke", ("name_conflict",))
    assert [reason.kind for reason in task.reasons] == ["dormant", "expired"]


def test_a_key_that_was_revoked_has_no_other_reason_than_use_since():
    gone = a_subject(revoked_at=ago(3), expires_at=ago(5), created_at=ago(900))
    assert todo.reasons_of([gone], GIVEN) == {gone.key_id: [Reason("revoked_but_used", at=ago(3))]}


def test_keys_of_one_name_have_a_reason_while_both_of_them_live():
    first, second = a_subject("mailer", key_id="id_1", requests=5), a_subject("mailer", key_id="id_2")
    double = Reason("duplicate_name", number=1, words=("id_2",))
    assert todo.reasons_of([first, second], GIVEN) == {"id_1": [double], "id_2": []}
    revoked = a_subject("mailer", key_id="id_2", revoked_at=ago(3), last=5)
    assert todo.reasons_of([first, revoked], GIVEN) == {"id_1": [], "id_2": []}


def test_a_key_is_gone_from_the_moment_of_its_revocation():
    assert todo.is_gone(a_subject(revoked_at=NOW), NOW)
    assert not todo.is_gone(a_subject(revoked_at=NOW + timedelta(seconds=1)), NOW)


def test_a_revoked_key_is_audited_only_for_use_since():
    still = a_subject("test-old", created_at=ago(900), revoked_at=ago(3))
    assert in_short(tasks_of(still)) == [("id_test-old", "move", "high")]
    assert todo.concerns(still, GIVEN)
    assert not todo.concerns(a_subject(revoked_at=ago(3), last=4), GIVEN)
    assert todo.concerns(a_subject(revoked_at=ago(-3)), GIVEN)


@pytest.mark.parametrize(
    ("reason", "one", "urgency"),
    [
        (Reason("wrong_environment", words=("test", "live")), a_subject(), "high"),
        (Reason("wrong_environment", words=("live", "test")), a_subject(), "medium"),
        (Reason("near_expiry", days=6), a_subject(), "high"),
        (Reason("near_expiry", days=7), a_subject(), "medium"),
        (Reason("error_heavy", percent=50.0), a_subject(), "high"),
        (Reason("error_heavy", percent=49.9), a_subject(), "medium"),
        (Reason("over_budget", percent=100.0), a_subject(), "high"),
        (Reason("over_budget", percent=99.9), a_subject(), "medium"),
        (Reason("old", days=731), a_subject(), "medium"),
        (Reason("old", days=730), a_subject(), "low"),
        (Reason("old", days=731), a_subject(environment="test"), "low"),
        (Reason("never_used"), a_subject(environment="test"), "low"),
        (Reason("never_used"), a_subject(environment="unknown"), "medium"),
        (Reason("open_finding", words=("critical", "spike", "0")), a_subject(), "high"),
        (Reason("open_finding", words=("high", "spike", "0")), a_subject(), "medium"),
        (Reason("revoked_but_used"), a_subject(), "high"),
        (Reason("expired_but_used"), a_subject(), "high"),
        *((Reason(kind), a_subject(), "medium") for kind in ("dormant", "zero_in_window", "name_conflict", "no_owner")),
        *((Reason(kind), a_subject(), "medium") for kind in ("several_services", "concentration", "replaced_but_used")),
        *((Reason(kind), a_subject(), "low") for kind in ("expired", "duplicate_name", "limit_proposal")),
    ],
)
def test_the_urgency_says_what_is_at_risk(reason, one, urgency):
    assert todo.urgency_of(one, reason) == urgency


MOMENTS = st.none() | st.integers(-60, 900).map(lambda days: NOW - timedelta(days=days))
ENVIRONMENTS = st.sampled_from(("live", "test", "unknown"))


@st.composite
def subjects(draw, number):
    requests = draw(st.sampled_from((0, 0, 1, 50, 5_000)))
    key = Key(
        key_id=f"key_{number}",
        name=draw(st.sampled_from((f"key_{number}", "prod-mailer", "mailer", "ci-mailer"))),
        environment=draw(ENVIRONMENTS),
        created_at=draw(MOMENTS),
        expires_at=draw(MOMENTS),
        revoked_at=draw(MOMENTS),
        replaced_by=draw(st.sampled_from(("", "", "key_0", f"key_{number}"))),
        allowed_environments=tuple(draw(st.sets(ENVIRONMENTS, max_size=2))),
    )
    last = draw(st.integers(0, 300)) if requests or draw(st.booleans()) else None
    return Subject(
        key,
        draw(st.sampled_from(("payments", "unassigned"))),
        requests,
        draw(st.none() | st.integers(0, requests)),
        None if last is None else at(NOW - timedelta(days=last)),
        draw(st.sampled_from((0, 0, 0, 5, None))),
        frozenset(draw(st.sets(ENVIRONMENTS))),
        {"/v1/dns/a": tally(requests, None)},
    )


SITUATIONS = st.builds(
    a_situation,
    dormant_days=st.sampled_from((1, 30, 365)),
    observed=st.sampled_from(((), ((120, 0),), ((120, 90), (10, 0)), ((20, 5),))),
    total=st.just(20_000),
)


@given(st.integers(1, 8).flatmap(lambda count: st.tuples(*map(subjects, range(count)))), SITUATIONS, st.randoms())
def test_every_key_is_listed_healthy_or_unknown_and_order_does_not_matter(every, situation, draw):
    kept = [one for one in every if todo.concerns(one, situation)]
    found = todo.tasks(kept, todo.reasons_of(kept, situation))
    listed = {task.subject.key_id for task in found}
    unknown = {one.key_id for one in todo.unknown_of(kept, situation, listed)}
    assert not listed & unknown
    for one in kept:
        state = use_of(one, situation).state
        if one.key_id not in listed | unknown:
            assert state in ("used", "young")
        if state in ("never_used", "dormant", "zero_in_window"):
            assert any(task.action == "revoke" for task in found if task.subject is one) or todo.is_gone(one, NOW)
    assert len({(task.subject.key_id, task.action) for task in found}) == len(found)
    shuffled = list(kept)
    draw.shuffle(shuffled)
    assert todo.tasks(shuffled, todo.reasons_of(shuffled, situation)) == found


@pytest.mark.parametrize(
    ("dates", "ended"),
    [
        ({}, False),
        ({"revoked_at": ago(1)}, True),
        ({"expires_at": NOW}, True),
        ({"expires_at": NOW + timedelta(seconds=1)}, False),
    ],
)
def test_a_key_has_ended_that_was_revoked_or_has_expired(dates, ended):
    assert todo.has_ended(a_subject(**dates), NOW) is ended


def test_the_most_urgent_reason_leads_whatever_it_is_called():
    (task,) = tasks_of(unused(created_at=ago(90), expires_at=ago(5)))
    assert [reason.kind for reason in task.reasons] == ["never_used", "expired"]
    assert (task.action, task.urgency) == ("revoke", "medium")


def test_a_key_without_reasons_has_nothing_to_do():
    assert todo.tasks([a_subject()], {}) == []
