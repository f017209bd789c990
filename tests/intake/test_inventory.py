"""An inventory from a file: what its cells mean, what is refused, and how it merges with what is stored."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from edgedns_mcp.domain.credentials import Secret
from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.inventory import import_inventory, read_inventory
from edgedns_mcp.models import Cell, Key
from edgedns_mcp.store import accounts, cells, keys
from edgedns_mcp.store.database import Database

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
SECRET = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
WHOLE = {
    "key_id": "key_1",
    "name": "payments-api",
    "environment": "live",
    "created_at": "2026-01-02T03:04:05Z",
    "revoked_at": "2026-12-01",
    "expires_at": "2027-01-01T00:00:00+01:00",
    "team": "payments",
    "cost_center": "CC-7",
    "allowed_environments": "live, test",
}
AS_KEY = Key(
    key_id="key_1",
    name="payments-api",
    environment="live",
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    revoked_at=datetime(2026, 12, 1, tzinfo=UTC),
    expires_at=datetime(2026, 12, 31, 23, tzinfo=UTC),
    team="payments",
    cost_center="CC-7",
    allowed_environments=("live", "test"),
)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    with closing(Database.open(tmp_path / "usage.db")) as database:
        yield database


@pytest.fixture
def file(tmp_path):
    def written(*lines: str, end: str = "\n", encoding: str = "utf-8"):
        path = tmp_path / "keys.any"
        path.write_bytes(end.join(lines).encode(encoding))
        return path

    return written


@pytest.fixture
def take(database, file):
    def taken(*lines: str, account: str = ""):
        return import_inventory(database, account, file(*lines), NOW)

    return taken


@pytest.fixture
def listed(database):
    def found(account: str = ""):
        known = database.read(lambda tx: keys.list_keys(accounts.find(tx, "local", account)))
        return {key.key_id: key for key in known}

    return found


def of_json(value: object) -> tuple[str, ...]:
    return (json.dumps(value, indent=2),)


def as_csv(delimiter: str = ",") -> tuple[str, ...]:
    return delimiter.join(WHOLE), delimiter.join(f'"{cell}"' for cell in WHOLE.values())


@pytest.mark.parametrize(
    "lines",
    [
        as_csv(),
        as_csv(";"),
        as_csv("\t"),
        ("", *as_csv(), "", ",,,,,,,,"),
        ("Key ID,Cost-Center", "key_1,CC-7"),
        of_json([WHOLE]),
        of_json({"keys": [WHOLE], "total_keys": 1}),
        of_json(WHOLE),
        (json.dumps(WHOLE), "", json.dumps({"key_id": "key_2"})),
        of_json([WHOLE | {"allowed_environments": ["live", "production", "sandbox"]}]),
        of_json([WHOLE | {"created_at": 1_767_323_045}]),
        of_json([WHOLE | {"created_at": 1_767_323_045_000, "environment": "Production"}]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_kind_of_file_says_the_same(file, lines, end):
    first = read_inventory(file(*lines, end=end)).listings[0]
    said = {field: getattr(AS_KEY, field) for field in first.said}
    assert first.key == Key(**{"key_id": "key_1", "name": "key_1", **said})
    assert "cost_center" in first.said


def test_a_byte_order_mark_is_no_part_of_the_first_column(file):
    assert read_inventory(file(*as_csv(), encoding="utf-8-sig")).listings[0].key == AS_KEY


def test_a_cell_may_hold_separators_and_line_ends(file):
    lines = ("key_id,name", 'key_1,"payments, \n""fraud"""', "key_2,idle")
    names = [listing.key.name for listing in read_inventory(file(*lines)).listings]
    assert names == ['payments, \n"fraud"', "idle"]


@pytest.mark.parametrize(
    ("word", "environment"),
    [
        ("live", "live"),
        ("PROD", "live"),
        (" production ", "live"),
        ("test", "test"),
        ("Sandbox", "test"),
        ("", "unknown"),
        ("unknown", "unknown"),
    ],
)
def test_environments_have_synonyms_and_an_empty_one_is_unknown(take, listed, word, environment):
    take("key_id,environment", f"key_1,{word}")
    assert listed()["key_1"].environment == environment


@pytest.mark.parametrize("cell", ["live test", "live;test", "live,test", " live ;; test,live"])
def test_allowed_environments_are_separated_by_what_people_use(take, listed, cell):
    take("key_id,allowed_environments", f'key_1,"{cell}"')
    assert listed()["key_1"].allowed_environments == ("live", "test")


def test_only_the_key_id_is_required(take, listed):
    assert take("key_id", "key_1")[:4] == (1, 1, 0, 0)
    assert listed() == {"key_1": Key(key_id="key_1", name="key_1")}


def test_columns_that_mean_nothing_are_named(take):
    assert take("key_id,Owner,region", "key_1,ann,eu").ignored == ["owner", "region"]
    assert take(*of_json([{"key_id": "a", "x\u202e": 1}, {"key_id": "b", "z": [1], SECRET: 0}])).ignored == [
        "x",
        "z",
        "(a secret)",
    ]


def test_only_what_the_file_has_a_word_on_changes(take, listed):
    take(*as_csv())
    outcome = take("key_id,team", "key_1,checkout", "key_2,checkout")
    assert outcome[:3] == (2, 1, 1)
    assert listed()["key_1"] == AS_KEY._replace(team="checkout")


def test_in_json_each_key_has_its_own_words(take, listed):
    take(*of_json([WHOLE, WHOLE | {"key_id": "key_2"}]))
    take(*of_json([{"key_id": "key_1", "team": None}, {"key_id": "key_2", "cost_center": "CC-8"}]))
    assert listed()["key_1"] == AS_KEY._replace(team="")
    assert listed()["key_2"] == AS_KEY._replace(key_id="key_2", cost_center="CC-8")


def test_an_empty_cell_unsets_all_but_the_name(take, listed):
    take(*as_csv())
    take(",".join(WHOLE), "key_1" + "," * (len(WHOLE) - 1))
    assert listed()["key_1"] == Key(key_id="key_1", name="payments-api")


def test_the_same_file_again_changes_nothing(take, listed):
    take(*as_csv())
    before = listed()
    assert take(*as_csv())[:4] == (1, 0, 0, 0)
    assert listed() == before


def test_a_name_replaces_the_placeholder_of_a_key_found_in_the_data(database, take, listed):
    used = [Cell(0, 3600, key_id, "/", "live", 5, 0, 0) for key_id in ("key_1", "key_9", "")]
    database.write(lambda tx: cells.apply(accounts.made(tx, "local"), used))
    assert listed()["key_1"].name == "key_1"
    outcome = take("key_id,name", "key_1,payments-api")
    assert listed() == {"key_1": Key(key_id="key_1", name="payments-api")}
    assert (outcome.new, outcome.unlisted) == (1, 1)


@pytest.mark.parametrize(
    ("stored", "told", "then", "counted"),
    [
        ("2026-11-01", "", "2026-11-01", 1),
        ("2026-11-01", "2026-12-24", "2026-11-01", 1),
        ("2026-11-01", "2026-10-01", "2026-10-01", 0),
        ("2026-12-01", "2026-12-24", "2026-12-24", 0),
        ("2026-12-01", "", None, 0),
        ("", "2026-11-01", "2026-11-01", 0),
    ],
)
def test_no_import_makes_a_revoked_key_active_again(take, listed, stored, told, then, counted):
    take("key_id,revoked_at", f"key_1,{stored}")
    outcome = take("key_id,revoked_at", f"key_1,{told}")
    assert listed()["key_1"].revoked_at == (then and day(then))
    assert outcome.still_revoked == counted


def test_a_key_made_here_keeps_its_secret_its_last_four_its_successor_and_its_environment(database, take):
    made = Key(key_id="key_1", name="old", environment="live", last_four="Xy4z", replaced_by="key_2")
    kept = Secret(b"s" * 16, b"d" * 32)

    def put(tx):
        keys.put_keys(accounts.made(tx, "local"), [made])
        keys.put_secret(accounts.made(tx, "local"), "key_1", kept)

    database.write(put)
    take("key_id,name,environment,last_four", "key_1,new,test,9999")
    (owner,) = database.read(lambda tx: keys.by_last_four(tx, "Xy4z"))
    assert (owner.key, owner.secret) == (made._replace(name="new"), kept)


def test_accounts_have_inventories_of_their_own(take, listed):
    take("key_id,name", "key_1,ours", account="acme")
    take("key_id,name", "key_1,theirs", account="umbrella")
    assert (listed("acme")["key_1"].name, listed("umbrella")["key_1"].name, listed()) == ("ours", "theirs", {})


def test_an_id_too_long_for_a_log_is_cut_as_in_a_log(file):
    (listing,) = read_inventory(file("key_id", "k" * 300)).listings
    assert listing.key.key_id == "k" * 200


BAD = [
    (
        ("key_id,created_at", "key_1,2026-10-01", "key_2,yesterday"),
        "line 3 of the inventory has no date since 2000 in its created_at",
    ),
    (("key_id,expires_at", "key_1,20261001"), "line 2 of the inventory has no date since 2000 in its expires_at"),
    (("key_id,revoked_at", "", "key_1,31.12.2026"), "line 3 of the inventory has no date since 2000 in its revoked_at"),
    (("key_id,environment", "key_1,blue"), "line 2 of the inventory has neither live nor test in its environment"),
    (
        ("key_id,allowed_environments", "key_1,live blue"),
        "line 2 of the inventory has neither live nor test in its allowed_environments",
    ),
    (
        ("key_id,allowed_environments", "key_1,unknown"),
        "line 2 of the inventory has neither live nor test in its allowed_environments",
    ),
    (("key_id,name", "key_1,a", 'key_2,"b\nb"', "key_1,c"), "line 2 and line 5 of the inventory have the same key_id"),
    (of_json([{"key_id": "a"}, {"key_id": " a "}]), "entry 1 and entry 2 of the inventory have the same key_id"),
    (("key_id,name", ",nobody"), "line 2 of the inventory has no key_id"),
    (("key_id,name", "-,nobody"), "line 2 of the inventory has no key_id"),
    (('{"key_id": "a"}', '{"name": "b"}'), "line 2 of the inventory has no key_id"),
    (('{"key_id": "a"}', '{"key_id": "b"'), "line 2 of the inventory is not a whole JSON object"),
    (('{"key_id": "a"}', "[1]"), "line 2 of the inventory is not a whole JSON object"),
    (of_json([{"key_id": "a"}, 7]), "entry 2 of the inventory is not a whole JSON object"),
    (of_json([{"key_id": ["a"]}]), "entry 1 of the inventory has no text in its key_id"),
    (of_json([{"key_id": True}]), "entry 1 of the inventory has no text in its key_id"),
    (of_json([{"key_id": "a", "created_at": {}}]), "entry 1 of the inventory has no date since 2000 in its created_at"),
    (
        of_json([{"key_id": "a", "allowed_environments": [None]}]),
        "has neither live nor test in its allowed_environments",
    ),
    (of_json({"keys": {"a": 1}}), "no JSON list of keys"),
    (("[" * 100_000,), "no JSON list of keys"),
    (('[{"key_id": "a"}',), "a list that is cut short"),
    (("key_id,name", "key_1,a,b"), "line 2 of the inventory has 3 cells and the first line 2"),
    (("key_id,name", "key_1"), "line 2 of the inventory has 1 cell and the first line 2"),
    (("key_id,name", 'key_1,"open'), "row at line 2 of the inventory is not CSV"),
    (("key_id,Key-ID", "a,b"), "names 1 of its columns twice"),
    (("id,name", "key_1,a"), "no column key_id"),
    (("",), "no column key_id"),
    (("key_id,name",), "lists no key"),
    (("[]",), "lists no key"),
    (("key_id,name", "key_1," + "n" * 201), "line 2 of the inventory has more than 200 characters in its name"),
    (("key_id,name", f"{SECRET},a"), "line 2 of the inventory has what looks like a secret in its key_id"),
    (("key_id,name", f"key_1,old {SECRET} key"), "line 2 of the inventory has what looks like a secret in its name"),
    (("key_id,team", f"key_1,{SECRET}"), "line 2 of the inventory has what looks like a secret in its team"),
    (("key_id", SECRET + "x" * 200), "line 2 of the inventory has what looks like a secret in its key_id"),
    ((SECRET, "key_1"), "no column key_id"),
]


@pytest.mark.parametrize(("lines", "words"), BAD, ids=[words for _, words in BAD])
def test_a_file_with_a_fault_is_refused_whole_and_its_words_are_not_repeated(take, database, tmp_path, lines, words):
    take("key_id,name", "key_1,stays")
    with pytest.raises(IntakeError) as told:
        take(*lines)
    assert words in str(told.value)
    assert "Ab3dEf7hIj1k" not in str(told.value)
    known = database.read(lambda tx: keys.list_keys(accounts.find(tx, "local")))
    assert known == [Key(key_id="key_1", name="stays")]
    on_disk = b"".join(path.read_bytes() for path in tmp_path.glob("usage.db*"))
    assert b"stays" in on_disk
    assert b"Ab3dEf7hIj1k" not in on_disk


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_is_named_with_the_way_out(file, encoding):
    with pytest.raises(IntakeError, match="not text in UTF-8"):
        read_inventory(file("key_id,name", "key_1,Zoë", encoding=encoding))


def test_a_file_out_of_reach_is_named(tmp_path):
    with pytest.raises(IntakeError, match=r"none\.csv cannot be read"):
        read_inventory(tmp_path / "none.csv")
