"""Secrets of keys: their form, their digest, and whose they are."""

import hashlib
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple

import pytest

from edgedns_mcp.domain import credentials
from edgedns_mcp.domain.credentials import (
    Secret,
    bearer_of,
    digest_of,
    holder_of,
    kept,
    last_four_of,
    matches,
    new_secret,
    opens,
)
from edgedns_mcp.models import Key

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
SECRET = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"


class Person(NamedTuple):
    name: str
    secret: Secret


def drawing(*numbers: int):
    """Give these bytes again and again, however many are asked for."""
    turns = count()
    return lambda size: bytes(numbers[next(turns) % len(numbers)] for _ in range(size))


def holder(name: str, secret: str = SECRET, salt: int = 7) -> Person:
    return Person(name, kept(secret, drawing(salt)))


@pytest.mark.parametrize("environment", ["live", "test"])
def test_a_secret_has_the_form_that_edgedns_documents(environment):
    secret = new_secret(environment, drawing(*range(256)))
    assert re.fullmatch(rf"edns_{environment}_[A-Za-z0-9]{{32}}", secret)


def test_a_secret_is_made_of_the_bytes_given():
    assert new_secret("live", drawing(0, 25, 26, 51, 52, 61)) == "edns_live_" + ("AZaz09" * 6)[:32]


def test_bytes_that_would_make_some_letters_likelier_are_passed_over():
    assert new_secret("test", drawing(*range(248, 256), 1)) == "edns_test_" + "B" * 32


def test_every_letter_comes_from_as_many_bytes_as_any_other():
    one_each = (new_secret("live", drawing(byte))[10] for byte in range(248))
    assert Counter(one_each) == dict.fromkeys(credentials.ALPHABET, 4)
    assert len(set(credentials.ALPHABET)) == 62


def test_the_digest_is_sha_256_over_salt_and_secret():
    salt = bytes(range(16))
    assert digest_of(SECRET, salt) == hashlib.sha256(salt + SECRET.encode()).digest()
    assert kept(SECRET, drawing(*range(16))) == Secret(salt, digest_of(SECRET, salt))


def test_only_the_same_secret_under_the_same_salt_matches():
    salt, digest = kept(SECRET, drawing(5))
    assert matches(SECRET, salt, digest)
    assert not matches(SECRET[:-1] + "Z", salt, digest)
    assert not matches(SECRET, bytes(16), digest)


def test_the_holder_of_a_secret_is_found_among_those_that_end_alike():
    others = [holder(str(number), f"edns_live_{number}", number) for number in range(6)]
    for place in range(7):
        candidates = [*others[:place], holder("me", salt=99), *others[place:]]
        found = holder_of(SECRET, candidates)
        assert found
        assert found.name == "me"
    assert holder_of(SECRET, others) is None


@pytest.mark.parametrize("secret", [SECRET, "", "no key", "\udcff", "edns_live_short", "ключ" * 8])
@pytest.mark.parametrize("candidates", [0, 1, 3, 4])
def test_known_unknown_and_malformed_secrets_cost_the_same_number_of_digests(secret, candidates):
    some = [Person(str(number), Secret(bytes([number] * 16), bytes(32))) for number in range(candidates)]
    assert digests_taken(lambda: holder_of(secret, some)) == credentials.COMPARED
    mine = [*some, holder("me")]
    assert digests_taken(lambda: holder_of(SECRET, mine)) == max(len(mine), credentials.COMPARED)


def digests_taken(work) -> int:
    called = Counter()
    sys.setprofile(lambda _frame, event, what: called.update([what]) if event == "c_call" else None)
    work()
    sys.setprofile(None)
    return called[hashlib.sha256]


@pytest.mark.parametrize(("secret", "last"), [(SECRET, "Xy4z"), ("ab", "ab"), ("", ""), ("ключ", ""), ("\udcff", "")])
def test_the_last_four_are_plain_characters_or_nothing(secret, last):
    assert last_four_of(secret) == last


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({}, True),
        ({"revoked_at": NOW}, False),
        ({"revoked_at": NOW + AN_HOUR}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + AN_HOUR}, True),
        ({"created_at": NOW}, True),
        ({"created_at": NOW + AN_HOUR}, False),
    ],
)
def test_a_key_opens_from_its_creation_until_it_is_revoked_or_expires(changes, is_good):
    assert opens(Key(key_id="key_1", name="one", **changes), NOW) is is_good


def test_an_id_is_sixteen_hex_digits():
    assert credentials.new_key_id(drawing(*range(8))) == "key_0001020304050607"


@pytest.mark.parametrize(
    ("sent", "token"),
    [
        (["Bearer  abc "], "abc"),
        (["bEARER a b"], "a b"),
        (["Basic abc"], ""),
        (["Bearer"], ""),
        (["abc"], ""),
        ([], ""),
        (["Bearer a", "Bearer b"], ""),
    ],
)
def test_a_bearer_is_what_stands_in_the_only_header(sent, token):
    assert bearer_of(sent) == token
