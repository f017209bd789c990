"""Which team a key belongs to."""

import pytest
from domain_builders import a_key, any_text
from hypothesis import given

from edgedns_mcp.domain import teams


@pytest.mark.parametrize(
    ("name", "team"),
    [
        ("prod-payments-api", "payments"),
        ("payments-api", "payments"),
        ("test_checkout", "checkout"),
        ("Checkout (live)", "checkout"),
        ("LIVE_Billing_v2", "billing"),
        ("staging.search.indexer", "search"),
        ("qa/dev/growth", "growth"),
        ("2026-billing-7", "billing"),
        ("production key 3", "unassigned"),
        ("live", "unassigned"),
        ("__test__", "unassigned"),
        ("123-456", "unassigned"),
        ("٣-live", "unassigned"),
        ("---", "unassigned"),
        ("", "unassigned"),
        ("Zahlung-Größe", "zahlung"),
        ("GRÖSSE-api", "grösse"),
        ("日本語-本番", "日本語"),
        ("live-支付", "支付"),
        ("Платежи_test", "платежи"),
        ("prod-भुगतान-api", "भुगतान"),
        ("การเงิน-live", "การเงิน"),
        ("cafe\u0301-api", "cafe\u0301"),
    ],
)
def test_the_team_is_the_first_part_of_the_name_that_is_no_environment_word(name, team):
    assert teams.team_of(a_key(name=name)) == team


def test_a_team_on_record_beats_the_name():
    assert teams.team_of(a_key(name="prod-payments-api", team="Finance")) == "Finance"
    assert not teams.is_guessed(a_key(name="prod-payments-api", team="Finance"))


def test_a_team_of_blanks_is_no_team_on_record():
    blank = a_key(name="prod-payments-api", team="  ")
    assert teams.team_of(blank) == "payments"
    assert teams.is_guessed(blank)


def test_an_id_is_no_name_to_read_a_team_from():
    nameless = a_key("svc-9f3a", name="svc-9f3a")
    assert teams.team_of(nameless) == teams.UNASSIGNED
    assert not teams.is_guessed(nameless)
    assert teams.team_of(a_key("svc-9f3a", name="svc-9f3a", team="ops")) == "ops"


def test_a_team_read_out_of_the_name_is_told_to_be_a_guess():
    assert teams.is_guessed(a_key(name="prod-payments-api"))
    assert not teams.is_guessed(a_key(name="live"))


@given(any_text)
def test_every_name_has_a_team_without_blanks(name):
    team = teams.team_of(a_key(name=name))
    assert team
    assert team == team.strip()
    assert team not in teams.ENVIRONMENT_WORDS
