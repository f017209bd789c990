"""Credentials are found wherever they stand, names are not taken for them, and no line makes the search slow."""

import time

import pytest
from intake_builders import EDNS_SECRET

from edgedns_mcp.intake.fields import endpoint_of, safe_id
from edgedns_mcp.models.secrets import holds_secret, without_secrets

STRIPE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
PIECES = (
    "edns_live_",
    "bearer ",
    "basic ",
    " ",
    "eyJ",
    "eyJ-",
    "eyJabcdefghij.",
    "sk-proj-",
    "sk-",
    "AKIA",
    "SG.",
    "xoxb-1",
    "Aa1",
    "Aa1Aa1Aa1Aa1Aa1Aa1Aa1Aa1Aa1Aa1A-",
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_makes_the_search_slow(piece):
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    holds_secret(text)
    without_secrets(text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("around", ["key={}", "{} (old)", "token_{}", "https://u:{}@h"])
@pytest.mark.parametrize("secret", [EDNS_SECRET, STRIPE, "AKIA" + "IOSFODNN7EXAMPLE", "BEARER abcdefgh12345678"])
def test_an_identifier_with_a_secret_in_it_is_a_fingerprint_as_a_whole(around, secret):
    kept = safe_id(around.format(secret))
    assert kept.startswith("secret-")
    assert secret[4:12] not in kept


@pytest.mark.parametrize(
    "name",
    [
        "Basic plan",
        "basic checkout-service",
        "the bearer",
        "sk-checkout-service",
        "keyJournalServiceProduction",
        "AKIA",
    ],
)
def test_a_word_that_secrets_begin_with_makes_no_secret(name):
    assert safe_id(name) == name


def test_a_long_name_in_a_path_stays_exact():
    path = "/files/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1Njc4OTA/pkg-registry-mirror-prod"
    assert endpoint_of(path) == path


def test_every_secret_of_a_path_is_taken_out():
    jwt = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    assert endpoint_of(f"/a/{STRIPE}/{jwt}/{EDNS_SECRET}/z") == "/a/{secret}/{secret}/{secret}/z"
