"""What may not be served is refused before anything listens, in one sentence that names the fix."""

import os

import pytest
from faces import command

OAUTH = ("--auth", "oauth")


def refused(*arguments: str, **settings: str) -> str:
    done = command("serve", "--http", "--port", "0", *arguments, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.splitlines()
    return sentence


def test_for_everybody_on_an_address_that_others_reach(tmp_path):
    for arguments in (("--host", "0.0.0.0"), ("--host", "0.0.0.0", "--auth", "none")):
        sentence = refused(*arguments)
        assert all(fix in sentence for fix in ("--auth oauth", "--auth token", "--host is 127.0.0.1"))


def test_an_unknown_way_of_letting_people_in():
    assert refused("--auth", "basic") == "EDGEDNS_HTTP_AUTH is not valid; set it to none, token or oauth."


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file has no such permissions")
def test_a_tokens_file_that_others_can_read(tmp_path):
    path = tmp_path / "tokens.toml"
    path.write_text("")
    path.chmod(0o644)
    sentence = refused("--auth", "token", EDGEDNS_HTTP_TOKENS_FILE=str(path))
    assert sentence == f"Others can read or change the tokens file {path}; run chmod 600 {path}."


def test_a_tokens_file_that_is_not_there_or_not_named(tmp_path):
    path = tmp_path / "tokens.toml"
    assert "edgedns-mcp tokens create NAME makes it" in refused("--auth", "token", EDGEDNS_HTTP_TOKENS_FILE=str(path))
    assert "--auth token needs EDGEDNS_HTTP_TOKENS_FILE" in refused("--auth", "token")


def test_an_identity_provider_that_is_not_named_or_not_safe():
    assert "--auth oauth needs EDGEDNS_HTTP_ISSUER" in refused(*OAUTH)
    issuer = {"EDGEDNS_HTTP_ISSUER": "https://login.example.com"}
    assert "--auth oauth needs EDGEDNS_HTTP_PUBLIC_URL" in refused(*OAUTH, **issuer)
    in_clear = {"EDGEDNS_HTTP_ISSUER": "http://login.example.com"}
    assert refused(*OAUTH, **in_clear).startswith("EDGEDNS_HTTP_ISSUER is not valid; set it to a plain https address")


def test_several_organisations_without_a_way_to_tell_who_asks(tmp_path):
    (tmp_path / "acme.toml").write_text('database = "acme.db"\n')
    choices = tmp_path / "edgedns.toml"
    choices.write_text('[[tenant]]\nname = "acme"\nconfig = "acme.toml"\n')
    sentence = refused(EDGEDNS_CONFIG=str(choices))
    assert sentence == "Several organisations need to know who asks; choose --auth oauth or --auth token."
