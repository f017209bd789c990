"""The commands about tokens, as a person or a script uses them."""

import json
import os
import re
import stat
import threading

import pytest
from faces import command

from edgedns_mcp.cli import tokens as face
from edgedns_mcp.domain.bearer_tokens import digest_of
from edgedns_mcp.errors import ConfigurationError, QuestionError
from edgedns_mcp.sources.tokens_file import change, tokens_of

TOKEN = re.compile(r"ednsmcp_[A-Za-z0-9_-]{43}")


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEDNS_CONFIG", str(tmp_path / "edgedns.toml"))
    (tmp_path / "edgedns.toml").write_text('[http]\ntokens_file = "tokens.toml"\n')
    return tmp_path / "tokens.toml"


def refused(function, *arguments, **options) -> str:
    with pytest.raises(QuestionError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_a_token_is_printed_once_and_only_its_digest_is_kept(path):
    done = command(
        "tokens", "create", "claude", "--scope", "chargeback:read", "--scope", "usage:read", "--expires", "2099-06-30",
        EDGEDNS_HTTP_TOKENS_FILE=str(path),
    )  # fmt: skip
    assert done.returncode == 0
    assert TOKEN.fullmatch(done.stdout.strip())
    assert done.stderr.startswith("Store this token of claude now: it is shown once,")
    (kept,) = tokens_of(path)
    assert kept.hash == digest_of(done.stdout.strip()).hex()
    assert (kept.name, kept.scopes, kept.expires.year) == ("claude", ("chargeback:read", "usage:read"), 2099)
    assert not TOKEN.search(path.read_text())
    listing = command("tokens", "list", "--json", "--file", str(path))
    assert json.loads(listing.stdout) == {
        "tokens": [
            {
                "name": "claude",
                "scopes": ["chargeback:read", "usage:read"],
                "expires": "2099-06-30T00:00:00Z",
                "tenant": "",
            }
        ]
    }


def test_tokens_are_listed_for_people(path, capsys):
    face.create("claude")
    face.create("[x](y) *ünï*", scope=["usage:read", "chargeback:read"], expires="2099-01-01T10:00:00+02:00")
    capsys.readouterr()
    face.list_()
    assert capsys.readouterr().out.splitlines() == [
        "NAME          SCOPES                      EXPIRES               TENANT",
        "claude        usage:read                  -                     -",
        "[x](y) *ünï*  usage:read chargeback:read  2099-01-01T08:00:00Z  -",
    ]
    path.write_text(path.read_text().replace("2099", "2020"))
    face.list_()
    assert "2020-01-01T08:00:00Z (expired)" in capsys.readouterr().out


def test_a_revoked_token_is_gone(path, capsys):
    face.create("claude")
    face.create("codex")
    face.revoke("Claude")
    assert [one.name for one in tokens_of(path)] == ["codex"]
    assert capsys.readouterr().out.endswith("Revoked the token Claude; servers stop taking it at once.\n")
    assert refused(face.revoke, "claude") == "No token has this name; edgedns-mcp tokens list shows all."
    face.revoke("codex")
    face.list_()
    assert "There is no token; make one with edgedns-mcp tokens create." in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file has no such permissions")
def test_the_file_is_for_its_owner_alone(path):
    face.create("claude")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="run chmod 600"):
        face.create("codex")
    path.chmod(0o400)
    face.create("codex")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root changes a file of somebody else's")
def test_root_leaves_the_file_to_the_user_who_runs_the_server(path):
    face.create("claude")
    os.chown(path, 10001, 10001)
    face.create("codex")
    assert (path.stat().st_uid, path.stat().st_gid) == (10001, 10001)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": ""}, "No token was made: give it as NAME a text of 1 to 60 characters that can be read"),
        ({"name": "a\x1b[31mb"}, "No token was made: give it as NAME a text"),
        ({"name": "ednsmcp_" + "a" * 43}, "No token was made: give it as NAME a text"),
        ({"name": "x" * 61}, "No token was made: give it as NAME a text"),
        ({"name": "a", "scope": ["usage"]}, "No token was made: give --scope usage:read or chargeback:read."),
        ({"name": "a", "scope": []}, "No token was made: give --scope usage:read or chargeback:read."),
        ({"name": "a", "expires": "soon"}, "No token was made: give --expires a day such as 2027-06-30"),
        ({"name": "a", "expires": "2027-06-30T10:00"}, "or a time with its zone such as 2027-06-30T18:00:00Z."),
        ({"name": "a", "expires": "2020-06-30"}, "No token was made: it would have expired already;"),
        ({"name": "a", "tenant": "acme"}, "edgedns.toml has no [[tenant]], so leave --tenant out."),
    ],
)
def test_what_is_no_token_is_not_made(path, arguments, words):
    assert words in refused(face.create, **arguments)
    assert not path.exists()


def test_two_tokens_cannot_have_one_name(path):
    face.create("claude")
    assert "Claude is the name of another one; revoke that" in refused(face.create, "Claude")
    assert len(tokens_of(path)) == 1


def test_where_several_organisations_are_a_token_is_of_one(path):
    for name in ("acme", "globex"):
        (path.parent / f"{name}.toml").write_text(f'database = "{name}.db"\n')
    (path.parent / "edgedns.toml").write_text(
        '[http]\ntokens_file = "tokens.toml"\n'
        '[[tenant]]\nname = "acme"\nconfig = "acme.toml"\n[[tenant]]\nname = "globex"\nconfig = "globex.toml"\n'
    )
    assert refused(face.create, "a") == "No token was made: say whose figures it opens, --tenant acme or globex."
    face.create("a", tenant="globex")
    assert tokens_of(path)[0].tenant == "globex"


def test_without_a_place_for_tokens_the_setting_is_named(tmp_path):
    done = command("tokens", "list", HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Nothing says where the tokens are; set EDGEDNS_HTTP_TOKENS_FILE to the path of a file, or add --file.\n"
    )
    done = command("tokens", "list", "--file", str(tmp_path / "none.toml"))
    assert (done.returncode, "edgedns-mcp tokens create NAME makes it" in done.stderr) == (2, True)


def test_a_change_that_fails_leaves_the_file_and_the_next_one_comes_through(path):
    face.create("claude")
    before = path.read_bytes()
    refused(face.create, "claude")
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir() if one.name.endswith(".new")] == []


def test_of_two_who_change_it_at_once_one_is_told_to_try_again(path):
    face.create("claude")
    inside, done = threading.Event(), threading.Event()

    def slowly(known):
        inside.set()
        assert done.wait(20)
        return known

    other = threading.Thread(target=change, args=(path, slowly))
    other.start()
    assert inside.wait(20)
    with pytest.raises(ConfigurationError, match="is being changed by somebody else; try again, and delete"):
        face.create("codex")
    done.set()
    other.join()
    face.create("codex")
    assert [one.name for one in tokens_of(path)] == ["claude", "codex"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be written; make its folder"):
        change(tmp_path / "none" / "tokens.toml", list)


@pytest.mark.parametrize("name", ["create", "list", "revoke"])
def test_every_command_about_tokens_has_an_example(name):
    done = command("tokens", name, "--help")
    assert (done.returncode, f"Example: edgedns-mcp tokens {name}" in done.stdout) == (0, True)
