"""The commands about keys, as a person or a script uses them."""

import json
import re
from contextlib import closing
from datetime import UTC, datetime

import pytest
from faces import NOW, command

from edgedns_mcp.cli import keys as face
from edgedns_mcp.domain.credentials import holder_of, last_four_of
from edgedns_mcp.errors import ConfigurationError, IntakeError, QuestionError
from edgedns_mcp.models import Cell
from edgedns_mcp.store import accounts, cells, keys
from edgedns_mcp.store.database import Database

SECRET = re.compile(r"edns_(?:live|test)_[A-Za-z0-9]{32}")
LOG = "".join(
    f'10.0.0.1 - {user} [20/Nov/2026:10:00:00 +0000] "GET /v1/dns HTTP/1.1" 200 5 "-" "agent"\n'
    for user, times in {"alice": 1, "bob": 2, "-": 4, "carol": 8, "dora": 16, "erin": 32, "zoe": 64}.items()
    for _ in range(times)
)
INVENTORY = """\
key_id,name,environment,revoked_at,expires_at,team
alice,alice-api,live,,,payments
carol,carol-api,live,2026-11-21,,payments
dora,dora-api,test,,2026-11-01,search
erin,erin-api,,2026-12-24,,search
zoe,zoe-api,live,,,search
"""


class Shell:
    """The commands as functions on one database, and what they printed."""

    def __init__(self, folder, capsys):
        self.path = folder / "usage.db"
        self.folder = folder
        self._capsys = capsys
        self.errors = ""

    def __call__(self, function, *arguments, **options) -> str:
        now = {} if function in (face.list_, face.link, face.tier) else {"as_of": NOW}
        function(*arguments, database=self.path, **(now | options))
        told = self._capsys.readouterr()
        self.errors = told.err
        return told.out

    def create(self, name="payments-api", environment="live", **options) -> str:
        """Make a key and give its secret."""
        return self(face.create, name, environment=environment, **options).splitlines()[0]

    def listed(self, **options):
        return json.loads(self(face.list_, as_json=True, **options))["keys"]

    def ids(self):
        return {key["name"]: key["key_id"] for key in self.listed()}

    def use(self, *key_ids: str) -> None:
        used = [Cell(0, 3600, key_id, "/", "live", 5, 0, 0) for key_id in key_ids]
        with closing(Database.open(self.path)) as base:
            base.write(lambda tx: cells.apply(accounts.made(tx, "local"), used))

    def take(self, text: str, **options) -> str:
        path = self.folder / "keys.csv"
        path.write_text(text)
        return self(face.import_, path, **options)


@pytest.fixture
def shell(tmp_path, capsys):
    return Shell(tmp_path, capsys)


def test_the_secret_of_a_new_key_is_shown_once_and_stored_nowhere(tmp_path):
    base = ("--database", str(tmp_path / "usage.db"))
    made = command("keys", "create", "payments-api", "--environment", "live", "--team", "payments", *base)
    assert made.returncode == 0, made.stderr
    (secret,) = SECRET.findall(made.stdout)
    assert made.stdout.startswith(f"{secret}\n")
    assert "it is shown once" in made.stderr
    shown = [command("keys", "list", *more, *base) for more in ((), ("--json",))]
    revoked = command("keys", "revoke", secret, *base)
    assert revoked.stdout.startswith("Revoked the key payments-api (live, key_")
    told = "".join(done.stdout + done.stderr for done in (made, *shown, revoked)).replace(secret, "", 1)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret[10:] not in told
    assert secret[10:].encode() not in on_disk
    assert b"payments-api" in on_disk


def test_unattributed_requests_are_split_by_why(tmp_path):
    base = ("--database", str(tmp_path / "usage.db"))
    (tmp_path / "access.log").write_text(LOG)
    (tmp_path / "keys.csv").write_text(INVENTORY)
    assert command("import", str(tmp_path / "access.log"), *base).returncode == 0
    taken = command("keys", "import", str(tmp_path / "keys.csv"), *base)
    assert taken.stdout == "Imported 5 keys: 5 new, 0 changed, 0 as before.\n"
    assert taken.stderr.startswith("Found in the data, but not in the inventory: 1 key; ")
    assert command("keys", "revoke", "zoe-api", "--as-of", NOW, *base).returncode == 0
    done = command("usage", "--json", "--period", "2026-11-20", "--as-of", NOW, *base)
    report = json.loads(done.stdout)
    assert [(row["key_id"], row["environment"], row["request_count"]) for row in report["keys"]] == [
        ("erin", "unknown", 32),
        ("dora", "test", 16),
        ("alice", "live", 1),
    ]
    unattributed = {"request_count": 78, "unknown_key": 2, "no_key": 4, "revoked": 72}
    assert {name: report["unattributed"][name] for name in unattributed} == unattributed


@pytest.mark.parametrize("name", ["list", "create", "revoke", "import", "link"])
def test_every_command_about_keys_has_help_with_an_example(name):
    done = command("keys", name, "--help")
    assert done.returncode == 0
    assert f"Example: edgedns-mcp keys {name}" in done.stdout


def test_a_failed_command_is_one_sentence_and_an_exit_code(tmp_path):
    done = command("keys", "revoke", "anybody", "--database", str(tmp_path / "none.db"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no database at ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "none.db").exists()


def test_the_list_shows_all_that_is_known_of_a_key(shell):
    shell.create(team="payments", cost_center="CC-7", expires="2027-06-30")
    (old,) = shell.ids().values()
    secret = shell.create("payments-2027", "test")
    new = shell.ids()["payments-2027"]
    shell(face.link, old, "payments-2027")
    shell(face.revoke, old)
    lines = shell(face.list_).splitlines()
    rows = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line) for line in lines[1:])}
    assert re.split(r"\s{2,}", lines[0]) == list(face.HEADS)
    assert rows["payments-2027"] == [new, secret[-4:], "test", "-", "-", NOW, "-", "-", "-"]
    assert rows["payments-api"][2:] == ["live", "payments", "CC-7", NOW, "2027-06-30T00:00:00Z", NOW, new]


def test_the_list_as_json_can_be_imported_again(shell, tmp_path):
    shell.take(INVENTORY)
    before = shell.listed()
    (tmp_path / "again.json").write_text(shell(face.list_, as_json=True))
    assert shell(face.import_, tmp_path / "again.json") == "Imported 5 keys: 0 new, 0 changed, 5 as before.\n"
    assert "last_four, last_used_at and replaced_by" in shell.errors
    assert shell.listed() == before


def test_names_from_outside_cannot_steer_a_terminal(shell):
    shell.take('key_id,name,team\nkey_1,"a\x1b[2J\u202eb",c\x07d\n')
    table = shell(face.list_)
    assert not set("\x1b\u202e\x07") & set(table + shell(face.list_, as_json=True))
    assert "a[2Jb" in table


def test_a_new_secret_tells_its_key_and_account(shell):
    secret = shell.create("payments-api", account="acme", expires="2027-06-30")
    shell.create("other", account="umbrella")
    with closing(Database.open(shell.path)) as base:
        owner = base.read(lambda tx: holder_of(secret, keys.by_last_four(tx, last_four_of(secret))))
    assert owner
    assert [owner.key.key_id] == [key["key_id"] for key in shell.listed(account="acme")]
    assert owner.key.expires_at == datetime(2027, 6, 30, tzinfo=UTC)
    assert re.fullmatch("key_[0-9a-f]{16}", owner.key.key_id)
    assert len(owner.secret.salt) == 16


def test_no_two_keys_share_a_secret_an_id_or_a_salt(shell):
    made = {shell.create() for _ in range(5)}
    with closing(Database.open(shell.path)) as base:
        rows = base.read(lambda tx: tx.rows("SELECT key_id, salt, secret FROM key"))
        assert [len(set(column)) for column in (made, *zip(*rows, strict=True))] == [5, 5, 5, 5]


def test_the_first_key_of_an_inventory_tells_what_it_does_to_keys_found_in_the_data(shell):
    shell.use("alice", "bob", "")
    shell(face.list_)
    assert shell.errors == f"{face.FOUND_ONLY}\n"
    shell.create()
    assert "Found in the data, but not in the inventory: 2 keys; " in shell.errors


def test_a_key_found_in_the_data_can_be_revoked_and_linked_without_an_inventory(shell):
    shell.use("bob", "zoe", "")
    shell(face.revoke, "bob")
    shell(face.link, "bob", "zoe")
    bob, zoe = shell.listed()
    assert (bob["revoked_at"], bob["replaced_by"], zoe["revoked_at"]) == (NOW, "zoe", None)


@pytest.mark.parametrize("by", ["key_id", "name", "last_four"])
def test_a_key_is_revoked_by_what_people_know_of_it(shell, by):
    shell.create("search-api")
    shell.create("payments-api")
    key = next(key for key in shell.listed() if key["name"] == "payments-api")
    shell(face.revoke, key[by])
    assert {one["name"]: one["revoked_at"] for one in shell.listed()} == {"search-api": None, "payments-api": NOW}


def test_revoking_again_changes_nothing_and_says_so(shell):
    shell.create()
    shell(face.revoke, "payments-api", as_of="2026-11-22T16:00:00Z")
    again = shell(face.revoke, "payments-api", as_of="2026-11-23T16:00:00Z")
    assert again.endswith("was revoked before, at 2026-11-22T16:00:00Z.\n")
    assert shell.listed()[0]["revoked_at"] == "2026-11-22T16:00:00Z"


def test_a_key_revoked_in_the_future_can_be_revoked_now(shell):
    shell.take(INVENTORY)
    assert shell(face.revoke, "erin") == f"Revoked the key erin-api (unknown, erin) at {NOW}.\n"
    assert next(key for key in shell.listed() if key["key_id"] == "erin")["revoked_at"] == NOW


def refused(shell, function, *arguments, error=QuestionError, **options) -> str:
    before = shell.listed() if shell.path.exists() else []
    with pytest.raises(error) as told:
        shell(function, *arguments, **options)
    assert before == (shell.listed() if shell.path.exists() else [])
    return str(told.value)


def test_a_part_of_a_name_is_too_little_to_revoke_by(shell):
    shell.take(INVENTORY)
    assert "the nearest names are carol-api" in refused(shell, face.revoke, "carol-a")
    assert "the nearest names are carol-api, dora-api and zoe-api." in refused(shell, face.revoke, "o")
    assert "keys list shows all" in refused(shell, face.revoke, "xxxxxxxxxx")


def test_a_name_that_several_keys_have_is_answered_with_their_ids(shell):
    shell.take("key_id,name,environment\na,twin,live\nb,twin,test\n")
    assert refused(shell, face.revoke, "twin") == "2 keys go by this; name one by its id, such as a and b."


def test_a_secret_of_an_unknown_key_is_not_repeated(shell):
    shell.create()
    unknown = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
    assert "Ab3dEf7hIj1k" not in refused(shell, face.revoke, unknown)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("", {}, "a name that can be read"),
        ("\u200b", {}, "a name that can be read"),
        ("n" * 201, {}, "more than 200 characters in its name"),
        ("edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z", {}, "a secret in its name"),
        ("api", {"team": "edns_test_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"}, "a secret in its team"),
        ("api", {"expires": "soon"}, "no date since 2000 in its --expires"),
        ("api", {"expires": "2026-11-22"}, "expired already"),
    ],
)
def test_a_key_that_cannot_be_made_leaves_no_trace(shell, name, options, words):
    told = refused(shell, face.create, name, environment="live", **options)
    assert words in told
    assert "Ab3dEf7hIj1k" not in told
    assert not shell.path.exists()


def test_rotations_are_linked_and_rings_refused(shell):
    shell.take(INVENTORY)
    assert shell(face.link, "alice", "dora") == "Linked: dora-api (test, dora) replaced alice-api (live, alice).\n"
    shell(face.link, "dora", "erin")
    assert {key["key_id"]: key["replaced_by"] for key in shell.listed() if key["replaced_by"]} == {
        "alice": "dora",
        "dora": "erin",
    }
    assert "cannot replace itself" in refused(shell, face.link, "erin", "alice")
    assert "cannot replace itself" in refused(shell, face.link, "erin", "erin")
    assert "No key has this id" in refused(shell, face.link, "erin", "nobody")


def test_accounts_hold_the_same_key_id_without_seeing_each_other(shell):
    shell.take("key_id,name\nkey_1,ours\n", account="acme")
    shell.take("key_id,name\nkey_1,theirs\n", account="umbrella")
    shell(face.revoke, "key_1", account="acme")
    assert "No key has this id" in refused(shell, face.revoke, "ours", account="umbrella")
    seen = {
        name: [(key["name"], key["revoked_at"]) for key in shell.listed(account=name)] for name in ("acme", "umbrella")
    }
    assert seen == {"acme": [("ours", NOW)], "umbrella": [("theirs", None)]}


def test_an_import_tells_what_it_left_out_and_what_stays_revoked(shell):
    shell.take("key_id,revoked_at\nkey_1,2026-11-01\n")
    columns = ",".join(f"c{number}" for number in range(7))
    told = shell.take(f"key_id,revoked_at,name,{columns}\nkey_1,,one{',' * 7}\n")
    assert told == "Imported 1 key: 0 new, 1 changed, 0 as before.\n"
    assert "c0, c1, c2, c3, c4 and 2 more." in shell.errors
    assert "no import takes that back: 1 key." in shell.errors


def test_a_bad_file_makes_no_inventory(shell):
    with pytest.raises(IntakeError, match="line 2 of the inventory has no date"):
        shell.take("key_id,created_at\nkey_1,yesterday\n")
    assert shell.listed() == []
    assert shell(face.list_) == f"{face.NO_KEYS}\n"


@pytest.mark.parametrize(("function", "arguments"), [(face.list_, ()), (face.revoke, ("a",)), (face.link, ("a", "b"))])
def test_commands_that_need_a_database_make_none(shell, function, arguments):
    assert "There is no database" in refused(shell, function, *arguments, error=ConfigurationError)
    assert not shell.path.exists()


def test_an_organisation_has_the_plan_that_it_is_given(shell):
    secret = shell.create()
    with closing(Database.open(shell.path)) as base:
        owners = [base.read(lambda tx: keys.by_last_four(tx, last_four_of(secret)))[0]]
        assert shell(face.tier, "free") == "The organisation has the plan free now.\n"
        owners += base.read(lambda tx: keys.by_last_four(tx, last_four_of(secret)))
    assert [owner.tier for owner in owners] == ["developer", "free"]
