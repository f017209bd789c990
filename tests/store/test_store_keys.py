"""The inventory of keys, and keys found in the data."""

import pytest
from store_builders import a_cell, a_key, a_window, of, to, utc

from edgedns_mcp.domain.credentials import Secret
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Key
from edgedns_mcp.store import cells, keys, sums
from edgedns_mcp.store.keys import Known, Owner


def put(database, *some):
    database.write(lambda tx: keys.put_keys(to(tx), some))


def listed(database):
    return database.read(lambda tx: keys.list_keys(of(tx)))


def use(database, *key_ids):
    database.write(lambda tx: cells.apply(to(tx), [a_cell(key_id=key_id) for key_id in key_ids]))


def test_without_an_inventory_the_keys_found_in_the_data_are_the_keys(database):
    use(database, "key_2", "key_1", "")
    assert listed(database) == [Key(key_id="key_1", name="key_1"), Key(key_id="key_2", name="key_2")]
    assert not database.read(lambda tx: keys.has_inventory(of(tx)))


def test_an_inventory_beats_the_keys_found_in_the_data(database):
    use(database, "key_1", "key_9")
    put(database, a_key(), a_key("key_2", name="idle"))
    assert listed(database) == [a_key(), a_key("key_2", name="idle")]
    assert database.read(lambda tx: keys.has_inventory(of(tx)))


def test_requests_of_a_key_outside_the_inventory_are_still_counted(database):
    put(database, a_key())
    use(database, "key_1", "key_9")
    assert set(database.read(lambda tx: sums.totals(of(tx), a_window()))) == {"key_1", "key_9"}


def test_use_does_not_change_what_the_inventory_says(database):
    put(database, a_key(team="payments"))
    use(database, "key_1")
    assert listed(database) == [a_key(team="payments")]


def test_a_key_comes_back_as_it_was_put(database):
    whole = a_key(
        team="payments", last_four="Qd7R", created_at=utc("2026-01-02T03:04:05"), revoked_at=utc("2026-10-01T10:00:00")
    )
    put(database, whole)
    assert listed(database) == [whole]


def test_a_key_put_again_is_changed(database):
    put(database, a_key(team="payments", revoked_at=utc("2026-10-01")))
    put(database, a_key(name="checkout", environment="test"))
    assert listed(database) == [a_key(name="checkout", environment="test")]


def test_a_key_that_was_found_first_keeps_its_requests_in_the_inventory(database):
    use(database, "key_1")
    put(database, a_key())
    use(database, "key_1")
    assert database.read(lambda tx: sums.totals(of(tx), a_window()))["key_1"].requests == 20


def test_two_accounts_may_hold_the_same_key_without_seeing_each_other(database):
    database.write(lambda tx: keys.put_keys(to(tx, "acme"), [a_key(name="of acme")]))
    database.write(lambda tx: keys.put_keys(to(tx, "umbrella"), [a_key(name="of umbrella")]))
    database.write(lambda tx: keys.revoke(to(tx, "acme"), "key_1", utc("2026-10-05")))
    lists = [database.read(lambda tx, name=name: keys.list_keys(of(tx, name))) for name in ("acme", "umbrella", "")]
    assert lists == [[a_key(name="of acme", revoked_at=utc("2026-10-05"))], [a_key(name="of umbrella")], []]


def test_a_secret_tells_its_owner_and_account(database):
    kept = Secret(b"s" * 16, b"d" * 32)

    def made(tx):
        for name in ("acme", "umbrella"):
            keys.put_keys(to(tx, name), [a_key(last_four="Qd7R"), a_key("key_2", last_four="Qd7R")])
        keys.put_secret(to(tx, "umbrella"), "key_1", kept)
        return to(tx, "umbrella").number

    number = database.write(made)
    owners = database.read(lambda tx: keys.by_last_four(tx, "Qd7R"))
    assert owners == [Owner(number, "developer", a_key(last_four="Qd7R"), kept)]
    assert database.read(lambda tx: keys.by_last_four(tx, "zzzz")) == []


def test_a_key_put_again_keeps_its_secret(database):
    put(database, a_key(last_four="Qd7R"))
    database.write(lambda tx: keys.put_secret(to(tx), "key_1", Secret(b"s" * 16, b"d" * 32)))
    put(database, a_key(name="renamed", last_four="Qd7R"))
    (owner,) = database.read(lambda tx: keys.by_last_four(tx, "Qd7R"))
    assert owner.key.name == "renamed"


def test_a_revoked_key_stays_revoked_since_the_first_time(database):
    put(database, a_key(), a_key("key_2", revoked_at=utc("2027-01-01")))
    for day in ("2026-10-05", "2026-10-06"):
        database.write(lambda tx, day=day: [keys.revoke(to(tx), one, utc(day)) for one in ("key_1", "key_2")])
    assert [key.revoked_at for key in listed(database)] == [utc("2026-10-05"), utc("2026-10-05")]


def test_a_key_is_found_by_its_id_whoever_knew_it_first(database):
    use(database, "key_9")
    put(database, a_key())
    database.write(lambda tx: keys.put_secret(to(tx), "key_1", Secret(b"s" * 16, b"d" * 32)))
    found = [database.read(lambda tx, one=one: keys.find_key(of(tx), one)) for one in ("key_1", "key_9", "key_0")]
    assert found == [Known(a_key(), True, True), Known(Key(key_id="key_9", name="key_9"), False, False), None]
    assert database.read(lambda tx: keys.strangers(of(tx))) == 1


def chained(database, *links):
    for old, new in links:
        database.write(lambda tx, old=old, new=new: keys.link(to(tx), old, new))
    return {key.key_id: key.replaced_by for key in listed(database)}


def test_rotations_form_chains_and_a_later_word_wins(database):
    put(database, *(a_key(name) for name in "abcd"))
    assert chained(database, ("a", "b"), ("b", "c"), ("a", "b")) == {"a": "b", "b": "c", "c": "", "d": ""}
    assert chained(database, ("a", "d"), ("d", "c")) == {"a": "d", "b": "c", "c": "", "d": "c"}


@pytest.mark.parametrize(("old", "new"), [("a", "a"), ("b", "a"), ("c", "a"), ("a", "x"), ("x", "a")])
def test_a_ring_and_an_unknown_key_are_refused(database, old, new):
    put(database, *(a_key(name) for name in "abc"))
    before = chained(database, ("a", "b"), ("b", "c"))
    with pytest.raises(QuestionError):
        chained(database, (old, new))
    assert chained(database) == before


def test_a_key_of_another_account_cannot_be_linked(database):
    put(database, a_key("a"))
    database.write(lambda tx: keys.put_keys(to(tx, "umbrella"), [a_key("b")]))
    with pytest.raises(QuestionError, match="Only known keys"):
        chained(database, ("a", "b"))
