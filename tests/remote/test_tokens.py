"""Tokens that are handed out: who holds one may ask what it allows, until it is revoked or has expired."""

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from faces import ERAS
from remote_builders import a_client, a_day_before, sentence_of, whose_figures

from edgedns_mcp.domain.bearer_tokens import digest_of, new_token
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings.remote import Organisation
from edgedns_mcp.sources.tokens_file import Token, change, tokens_of

ANN, BEN = "ednsmcp_" + "a" * 43, "ednsmcp_" + "b" * 43
USAGE, CHARGEBACK = "usage:read", "chargeback:read"


def a_token(token=ANN, name="ann", scopes=(USAGE,), **more):
    return Token(name=name, hash=digest_of(token).hex(), scopes=list(scopes), **more)


@pytest.fixture
def tokens(tmp_path):
    return tmp_path / "tokens.toml"


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


@contextmanager
def with_tokens(running, path, *known, **options):
    change(path, lambda _before: known)
    with running(auth="token", tokens_file=path, **options) as server:
        yield server


@pytest.mark.parametrize("era", ERAS)
async def test_who_holds_a_token_may_ask_what_it_allows(running, tokens, era):
    with with_tokens(running, tokens, a_token(), a_token(BEN, "ben", (USAGE, CHARGEBACK))) as server:
        for token, may in ((ANN, False), (BEN, True)):
            async with a_client(server, token, mode=era) as client:
                usage = await client.call_tool("usage_by_key", {"period": "7d"})
                assert usage.structured_content["total_keys"] == 25
                charge = await client.call_tool("chargeback_report", {"amount": "1200"})
                assert charge.is_error is not may
                if not may:
                    assert f"needs the scope {CHARGEBACK}" in charge.content[0].text
                    assert charge.structured_content is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic YW5uOmFubg=="},
        {"Authorization": ANN},
        {"Authorization": "Bearer"},
    ],
    ids=["none", "basic", "no scheme", "empty"],
)
def test_without_a_token_nobody_comes_in(running, tokens, headers):
    with with_tokens(running, tokens, a_token()) as server:
        answer = server.http.post("/mcp", json={}, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert sentence_of(answer).startswith("Send the token that you were given, as the header Authorization:")


def test_a_token_in_the_address_opens_nothing(running, tokens):
    with with_tokens(running, tokens, a_token()) as server:
        assert server.http.post(f"/mcp?access_token={ANN}&token={ANN}", json={}).status_code == 401


def test_two_headers_open_nothing(running, tokens):
    with with_tokens(running, tokens, a_token()) as server:
        twice = [("Authorization", f"Bearer {ANN}"), ("Authorization", f"Bearer {ANN}")]
        assert server.http.post("/mcp", json={}, headers=twice).status_code == 401


@pytest.mark.parametrize("token", [BEN, ANN[:-1], ANN + "a", "x" * 5000, digest_of(ANN).hex(), "\xe4"])
def test_an_unknown_token_opens_nothing(running, tokens, token):
    with with_tokens(running, tokens, a_token()) as server:
        answer = server.http.post("/mcp", json={}, headers={"Authorization": f"Bearer {token}".encode("latin-1")})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert sentence_of(answer).startswith("This token is not known here, or was revoked;")


def test_a_revoked_token_stops_at_once_and_a_new_one_begins_at_once(running, tokens):
    with with_tokens(running, tokens, a_token()) as server:
        assert server.ask("server_status", ANN).status_code == 200
        change(tokens, lambda _before: [a_token(BEN, "ben")])
        assert server.ask("server_status", ANN).status_code == 401
        assert server.ask("server_status", BEN).status_code == 200


def test_an_expired_token_is_told_so_to_its_holder_alone(running, tokens, time):
    with with_tokens(running, tokens, a_token(expires="2026-11-23"), clock=time.clock) as server:
        assert server.ask("server_status", ANN).status_code == 200
        time.passes(9 * 3600)
        answer = server.ask("server_status", ANN)
        assert answer.status_code == 401
        assert sentence_of(answer) == (
            "This token expired at 2026-11-23T00:00:00Z; ask who runs this server for another one."
        )
        assert "not known here" in sentence_of(server.ask("server_status", BEN))


def test_a_token_without_usage_opens_nothing(running, tokens):
    with with_tokens(running, tokens, a_token(scopes=[CHARGEBACK])) as server:
        answer = server.ask("chargeback_report", ANN, amount="1200")
        assert (answer.status_code, answer.json()["error"]["data"]) == (403, {"scope": USAGE})
        assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("how", ["wrong", "readable", "gone"])
def test_while_the_file_is_wrong_nobody_comes_in_and_the_log_says_why(running, tokens, caplog, how):
    with with_tokens(running, tokens, a_token()) as server:
        assert server.ask("server_status", ANN).status_code == 200
        content = tokens.read_text()
        if how == "wrong":
            write(tokens, content + "\n[[token]]\n")
        elif how == "readable":
            tokens.chmod(0o640)
        else:
            tokens.unlink()
        answers = [server.ask("server_status", ANN) for _ in range(2)]
        assert [(one.status_code, one.headers["retry-after"]) for one in answers] == [(503, "30")] * 2
        assert sentence_of(answers[0]).startswith("It cannot be told now who you are; ask again in 30 s")
        (line,) = [one for one in caplog.records if one.name == "edgedns_mcp.door"]
        assert str(tokens) in line.fields["why"]
        write(tokens, content)
        assert server.ask("server_status", ANN).status_code == 200


def test_a_token_opens_the_figures_of_its_own_organisation(running, settings, tokens):
    organisations = [
        Organisation(name="acme", who=frozenset(), settings=settings),
        Organisation(name="globex", who=frozenset(), settings=a_day_before(settings)),
    ]
    known = [a_token(tenant="acme"), a_token(BEN, "ben", tenant="globex"), a_token("ednsmcp_c", "nobody")]
    with with_tokens(running, tokens, *known, organisations=organisations) as server:
        told = [whose_figures(server.ask("usage_by_key", token, period="24h")) for token in (ANN, BEN)]
        assert told == ["acme", "globex"]
        answer = server.ask("server_status", "ednsmcp_c")
        assert (answer.status_code, "belong to no organisation" in sentence_of(answer)) == (403, True)


HASH = digest_of(ANN).hex()
WRONG = [
    ("[[token\nname = 1\n", r"tokens.toml, line 1: this is not TOML"),
    ("token = 1\n", r"line 1: write the file as tables \[\[token\]\]"),
    ("[[tokens]]\n", r"line 1: write the file as tables \[\[token\]\]"),
    (f'[[token]]\nhash = "{HASH}"\n', r"line 1: name of \[\[token\]\] is missing; set it to a text"),
    ('[[token]]\nname = "a"\n', r"line 1: hash of \[\[token\]\] is missing; set it to the SHA-256"),
    (f'[[token]]\nname = "a"\nhash = "{ANN}"\n', r"line 3: hash of \[\[token\]\] is not valid"),
    (f'[[token]]\nname = ""\nhash = "{HASH}"\n', r"line 2: name of \[\[token\]\] is not valid"),
    (f'[[token]]\nname = "{BEN}"\nhash = "{HASH}"\n', r"line 2: name of \[\[token\]\] is not valid"),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\nscopes = ["usage"]\n', r"line 4: scopes of \[\[token\]\] is not valid"),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\nscopes = []\n', r"line 4: scopes of \[\[token\]\] is not valid"),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\nexpires = "soon"\n', r"line 4: expires of \[\[token\]\] is not valid"),
    (
        f'[[token]]\nname = "a"\nhash = "{HASH}"\nexpires = 2027-01-01T10:00:00\n',
        r"line 4: expires of .* with its zone",
    ),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\nscope = "x"\n', r"line 4: scope is no key of \[\[token\]\], which has"),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\n"{BEN}" = 1\n', r"line 4: this is no key of \[\[token\]\]"),
    (f'[[token]]\nname = "a"\nhash = "{HASH}"\ntenant = "acme"\n', r"tenant of the token a is not in edgedns.toml; it"),
    (
        f'[[token]]\nname = "a"\nhash = "{HASH}"\n[[token]]\nname = "A"\nhash = "{"0" * 64}"\n',
        r"line 4: two tokens have the same name; give each",
    ),
    (
        f'[[token]]\nname = "a"\nhash = "{HASH}"\n[[token]]\nname = "b"\nhash = "{HASH}"\n',
        r"line 4: two tokens have the same hash; give each",
    ),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_wrong_file_stops_the_server_with_its_line_and_no_secret(running, tokens, text, words):
    write(tokens, text)
    with pytest.raises(ConfigurationError, match=words) as caught, running(auth="token", tokens_file=tokens):
        pass
    assert not re.search("ednsmcp_[ab]", str(caught.value))
    assert HASH not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file has no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602])
def test_a_file_that_others_can_read_or_change_stops_the_server(running, tokens, mode):
    write(tokens, "", mode)
    with pytest.raises(ConfigurationError, match=f"run chmod 600 {tokens}"), running(auth="token", tokens_file=tokens):
        pass


def test_a_file_of_people_s_own_hands_is_read(running, tokens):
    write(tokens, f'# ours\n[[token]]\nname = "Ann"\nhash = "{HASH}"\nexpires = 2027-01-01T10:00:00+02:00\n')
    (token,) = tokens_of(tokens)
    assert (token.name, token.scopes, token.expires.isoformat()) == ("Ann", (USAGE,), "2027-01-01T08:00:00+00:00")


def test_the_caller_is_noted_by_name_and_no_token_is_ever_noted(running, tokens, capfd, caplog, tmp_path):
    caplog.set_level("DEBUG")
    audit = tmp_path / "audit.jsonl"
    with with_tokens(running, tokens, a_token(), audit_log=audit) as server:
        server.ask("usage_by_key", ANN, name_contains=BEN)
        server.ask("usage_by_key", BEN)
        server.post({"jsonrpc": "2.0", "id": 1, "method": BEN, "params": {"name": BEN}}, ANN, traceparent=BEN)
    line = json.loads(audit.read_text().splitlines()[0])
    assert (line["caller"], line["arguments"]) == ("ann", {"name_contains": "...bbbb"})
    told = (
        audit.read_text()
        + caplog.text
        + "".join(str(vars(one)) for one in caplog.records)
        + "".join(capfd.readouterr())
    )
    assert ANN not in told
    assert HASH not in told


def test_tokens_are_made_of_256_random_bits():
    assert new_token(lambda length: bytes(range(length))) == "ednsmcp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert len(new_token(bytes)) == len("ednsmcp_") + 43
