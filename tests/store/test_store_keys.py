"""The inventory of keys, and keys found in the data."""

from store_builders import a_cell, a_key, a_window, of, to, utc

from edgedns_mcp.models import Key
from edgedns_mcp.store import cells, keys, sums


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
