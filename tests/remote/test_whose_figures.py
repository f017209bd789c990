"""Whose figures somebody asks: the organisation that the identity provider says, and no other."""

import json

import pytest
from fake_edgedns import fake_edgedns, ok
from remote_builders import a_client, a_day_before, sentence_of, whose_figures

from edgedns_mcp.settings import load
from edgedns_mcp.settings.remote import Organisation

NOBODY = "You are known here but belong to no organisation whose figures are here; ask who runs this server."


@pytest.fixture
def organisations(settings):
    return [
        Organisation(name="acme", who=frozenset({"acme", "acme-labs"}), settings=settings),
        Organisation(name="globex", who=frozenset({"globex"}), settings=a_day_before(settings)),
    ]


@pytest.fixture
def asking(running, oauth, token, organisations):
    """Ask as somebody with these claims where a claim tells the organisation."""

    def asked(claim, **said):
        with running(organisations, tenant_claim=claim, **oauth) as server:
            return server.ask("usage_by_key", token(**said), period="24h")

    return asked


@pytest.mark.parametrize(
    ("claim", "said", "whose"),
    [
        ("org_id", {"org_id": "acme"}, "acme"),
        ("org_id", {"org_id": "acme-labs"}, "acme"),
        ("org_id", {"org_id": "globex"}, "globex"),
        ("sub", {"sub": "globex"}, "globex"),
        ("groups", {"groups": ["staff", "acme-labs", "acme"]}, "acme"),
        ("realm_access.roles", {"realm_access": {"roles": ["offline_access", "globex"]}}, "globex"),
        ("https://acme.example.com/org", {"https://acme.example.com/org": "acme"}, "acme"),
        ("a.b", {"a.b": "globex", "a": {"b": "acme"}}, "globex"),
    ],
)
def test_a_claim_says_whose_figures_are_asked(asking, claim, said, whose):
    answer = asking(claim, **said)
    assert (answer.status_code, whose_figures(answer)) == (200, whose)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("org_id", {}),
        ("org_id", {"org_id": ""}),
        ("org_id", {"org_id": "initech"}),
        ("org_id", {"org_id": "Acme"}),
        ("org_id", {"org_id": "acme "}),
        ("org_id", {"org_id": "acme,globex"}),
        ("org_id", {"org_id": 7}),
        ("org_id", {"org_id": {"acme": True}}),
        ("org_id", {"org_id": [["acme"]]}),
        ("groups", {"groups": ["acme", "globex"]}),
        ("groups", {"groups": []}),
        ("realm_access.roles", {"realm_access": ["acme"]}),
        ("realm_access.roles", {"realm_access.role": "acme"}),
        ("realm_access.roles.x", {"realm_access": {"roles": "acme"}}),
    ],
    ids=str,
)
def test_who_belongs_nowhere_or_in_two_places_gets_no_figures(asking, caplog, claim, said):
    answer = asking(claim, **said)
    assert (answer.status_code, sentence_of(answer)) == (403, NOBODY)
    assert "result" not in answer.json()
    assert "www-authenticate" not in answer.headers  # signing in again would not help
    (line,) = [one for one in caplog.records if one.name == "edgedns_mcp.door"]
    assert line.fields == {"check": f"no one organisation by {claim}"}


def test_where_nobody_is_named_nobody_gets_figures(running, oauth, token, settings):
    lonely = [Organisation(name="acme", who=frozenset(), settings=settings)]
    with running(lonely, **oauth) as server:
        assert server.ask("server_status", token()).status_code == 403


def test_where_one_organisation_is_alone_no_claim_is_needed(running, oauth, token):
    with running(tenant_claim="org_id", **oauth) as server:
        assert server.ask("server_status", token()).status_code == 200


async def test_a_caller_s_token_never_leaves_for_edgedns(running, oauth, token, tmp_path):
    async with fake_edgedns(ok()) as upstream:
        own = "edns_live_" + "k" * 32
        settings = load(source="edgedns", api_key=own, base_url=upstream.url, database=tmp_path / "usage.db")
        theirs = token()
        with running(settings=settings, **oauth) as server:
            async with a_client(server, theirs) as client:
                assert not (await client.call_tool("usage_by_key", {})).is_error
        sent = [*upstream.requests, *upstream.daily]
        assert {one.headers["authorization"] for one in sent} == {f"Bearer {own}"}
        told = json.dumps([[one.target, dict(one.headers), one.body.decode()] for one in sent])
        assert not any(part in told for part in theirs.split("."))
