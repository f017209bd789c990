"""Signing in as clients do: from a first refusal, by metadata, registration and PKCE, to an answer."""

from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from identity_provider import IdentityProvider, provided
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

BACK = "http://localhost:3030/callback"


class Memory:
    """What a client keeps of a sign-in."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Person:
    """Who signs in by a browser, and agrees to what is asked."""

    def __init__(self):
        self.agreed = []
        self._sent_back = {}

    async def signs_in(self, url):
        self.agreed.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        async with httpx.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(url)
        assert answer.headers["location"].startswith(BACK)
        self._sent_back = parse_qs(urlsplit(answer.headers["location"]).query)

    async def comes_back(self):
        return AuthorizationCodeResult(code=self._sent_back["code"][0], state=self._sent_back["state"][0])


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("path", ["", "/realms/acme"])
async def test_a_client_finds_the_way_in_by_itself_and_asks_for_more_when_it_needs_more(running, era, path):
    person, memory = Person(), Memory()
    with (
        provided(IdentityProvider(path=path)) as provider,
        running(auth="oauth", issuer=provider.issuer, public_url="{here}/mcp") as server,
    ):
        wanted = OAuthClientMetadata(redirect_uris=[BACK], client_name="a client", token_endpoint_auth_method="none")
        oauth = OAuthClientProvider(f"{server.url}/mcp", wanted, memory, person.signs_in, person.comes_back)
        async with (
            httpx2.AsyncClient(auth=oauth, trust_env=False) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=era) as client,
        ):
            answer = await client.call_tool("usage_by_key", {"period": "7d"})
            assert answer.structured_content["total_keys"] == 25
            assert [one["scope"] for one in person.agreed] == ["usage:read"]
            charge = await client.call_tool("chargeback_report", {"amount": "1200"})
            assert "1,200.00" in charge.structured_content["summary"]
        assert [set(one["scope"].split()) for one in person.agreed[1:]] == [{"usage:read", "chargeback:read"}]
        assert {one["code_challenge_method"] for one in person.agreed} == {"S256"}
        assert set(provider.resources) == {f"{server.url}/mcp"}
        assert not provider.codes
