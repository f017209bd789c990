"""People whom the company's identity provider knows: a token of theirs opens what it says, and nothing else does."""

import json
import threading
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives import hmac as mac
from cryptography.hazmat.primitives.hashes import SHA256
from faces import ERAS
from identity_provider import CURVES, SUBJECT, a_key
from remote_builders import a_client, asked, called, sentence_of

from edgedns_mcp.server.remote import signatures

PUBLIC = "https://mcp.example.com/mcp"
METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
WRONG = "This token is not one that your identity provider made for this server; sign in again."
USAGE, BOTH = "usage:read", "usage:read chargeback:read"


@pytest.fixture
def server(running, oauth):
    with running(**oauth) as started:
        yield started


def checks(caplog):
    """Give what the log says failed, and nothing of it may be a token."""
    assert not any("eyJ" in str(vars(one)) for one in caplog.records)
    return [
        one.fields.get("check") for one in caplog.records if one.name == "edgedns_mcp.door" and one.fields.get("check")
    ]


def encoded(content) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def by_public_key(token, public: bytes) -> str:
    """Sign with HS256 and what everybody knows: the public key."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "first"}
    signed = f"{encoded(header)}.{token.split('.')[1]}"
    code = mac.HMAC(public, SHA256())
    code.update(signed.encode())
    return f"{signed}.{encoded(code.finalize())}"


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_of_the_provider_opens_the_figures(server, token, era):
    async with a_client(server, token(), mode=era) as client:
        answer = await client.call_tool("usage_by_key", {"period": "7d"})
        assert answer.structured_content["total_keys"] == 25
        assert (await client.read_resource("edgedns://usage/by-key/7d")).contents


def test_without_a_token_a_client_is_told_where_to_get_one(server):
    answer = server.post(called("usage_by_key"), Origin="http://localhost:6274")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{METADATA}", scope="usage:read"'
    assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]
    assert sentence_of(answer).startswith("Sign in at your identity provider")


@pytest.mark.parametrize("place", ["", "/mcp"])
def test_the_metadata_are_for_everybody(running, oauth, provider, place):
    with running(**oauth, scope_prefix="api://edgedns/") as server:
        page = {"Origin": "https://anywhere.example.org"}
        answer = server.http.get(f"/.well-known/oauth-protected-resource{place}", headers=page)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        assert answer.json() == {
            "resource": PUBLIC,
            "authorization_servers": [provider.issuer],
            "scopes_supported": ["api://edgedns/usage:read", "api://edgedns/chargeback:read"],
            "bearer_methods_supported": ["header"],
            "resource_name": "edgedns-mcp",
        }
        before = page | {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "mcp-protocol-version",
        }
        asked = server.http.options(f"/.well-known/oauth-protected-resource{place}", headers=before)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "*")
        refused = server.http.post(f"/.well-known/oauth-protected-resource{place}")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "public_url", ["https://mcp.example.com", "https://mcp.example.com/", "https://mcp.example.com:8443/"]
)
def test_a_name_is_published_letter_by_letter(running, oauth, public_url):
    with running(**oauth | {"public_url": public_url}) as server:
        named = server.http.get("/.well-known/oauth-protected-resource").json()["resource"]
        assert named == public_url.rstrip("/")
        challenge = server.post(called("usage_by_key")).headers["www-authenticate"]
        assert f'resource_metadata="{named}/.well-known/oauth-protected-resource"' in challenge


REFUSED = {
    "exp": {"exp": 0},
    "no exp": {"exp": None},
    "exp of words": {"exp": "tomorrow"},
    "exp of nothing": {"exp": float("nan")},
    "exp of truth": {"exp": True},
    "iss": {"iss": "https://login.example.com"},
    "iss with a slash": {"iss": "{issuer}/"},
    "no iss": {"iss": None},
    "aud": {"aud": "https://other.example.com/mcp"},
    "aud of a client": {"aud": "client-1"},
    "auds": {"aud": ["https://other.example.com/mcp", "account"]},
    "aud of our scheme": {"aud": "https://mcp.example.com"},
    "no aud": {"aud": None},
    "no sub": {"sub": None},
    "nbf": {"nbf": 4_000_000_000},
    "iat": {"iat": 4_000_000_000},
    "ID token": {"aud": "client-1", "scope": None, "nonce": "n", "header": {"typ": "JWT"}},
    "ID token for us": {"scope": None, "nonce": "n", "at_hash": "h", "header": {"typ": "JWT"}},
    "ID token of Keycloak": {"typ": "ID", "header": {"typ": "JWT"}},
    "logout token": {"header": {"typ": "logout+jwt"}},
    "key of another": {"key": a_key("other")},
    "key that is said to be theirs": {"key": a_key("first again"), "header": {"kid": "first"}},
    "key that it brings along": {"key": a_key("brought"), "header": {"jwk": a_key("brought").as_dict(private=False)}},
}
CHECKS = {"exp": "exp", "iss": "iss", "aud": "aud", "sub": "sub", "nbf": "nbf", "iat": "iat"}


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_is_wrong_in_one_thing_opens_nothing(server, provider, token, caplog, name):
    wanted = {key: value.replace("{issuer}", provider.issuer) if isinstance(value, str) else value
              for key, value in REFUSED[name].items()}  # fmt: skip
    answer = server.ask("usage_by_key", token(**wanted))
    assert answer.status_code == 401
    told = "This token has expired; get a new one from your identity provider." if name == "exp" else WRONG
    assert answer.json() == {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": told}}
    assert answer.headers["www-authenticate"] == (
        f'Bearer error="invalid_token", error_description="{told}", resource_metadata="{METADATA}", scope="usage:read"'
    )
    (check,) = checks(caplog)
    assert next((one for word, one in CHECKS.items() if word in name.split()), check) == check


def test_a_signature_that_proves_nothing_opens_nothing(server, provider, token, caplog):
    provider.keys = [a_key("first", "RS256")]
    good = token()
    head, body, signature = good.split(".")
    public = provider.keys[0]
    other_body = encoded(json.loads(urlsafe_b64decode_padded(body)) | {"sub": "admin"})
    wrong = {
        "none": f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        "None": f"{encoded({'alg': 'None', 'kid': 'first'})}.{body}.{signature}",
        "none and its kid": f"{encoded({'alg': 'none', 'kid': 'first'})}.{body}.",
        "PEM": by_public_key(good, public.as_pem(private=False)),
        "JWK": by_public_key(good, json.dumps(public.as_dict(private=False)).encode()),
        "modulus": by_public_key(good, public.as_dict(private=False)["n"].encode()),
        "another algorithm of its key": f"{encoded({'alg': 'PS256', 'kid': 'first'})}.{body}.{signature}",
        "of another kind": f"{encoded({'alg': 'ES256', 'kid': 'first'})}.{body}.{signature}",
        "algorithms": f"{encoded({'alg': ['RS256'], 'kid': 'first'})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "another body": f"{head}.{other_body}.{signature}",
        "a number as kid": f"{encoded({'alg': 'RS256', 'kid': 7})}.{body}.{signature}",
        "no token": "abc",
        "dots": "..",
        "a list": f"{encoded([])}.{body}.{signature}",
        "deep": f"{encoded(b'[' * 6000)}.{body}.{signature}",
        "long": f"{head}.{body}.{signature}" + "A" * 20_000,
        "five parts": "a.b.c.d.e",
    }
    assert server.ask("usage_by_key", good).status_code == 200
    answers = {name: server.ask("usage_by_key", one) for name, one in wrong.items()}
    assert {name: (one.status_code, sentence_of(one)) for name, one in answers.items()} == dict.fromkeys(
        wrong, (401, WRONG)
    )
    assert len(checks(caplog)) == len(wrong)


def urlsafe_b64decode_padded(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_an_extension_that_nobody_here_knows_opens_nothing(server, provider, token, caplog):
    claims = token().split(".")[1]
    header = {"kid": "first", "crit": ["seen"], "seen": True}
    signed = jwt.PyJWS().encode(
        urlsafe_b64decode_padded(claims), provider.keys[0].as_pem(private=True), "ES256", headers=header
    )
    assert server.ask("usage_by_key", signed).status_code == 401
    assert checks(caplog) == ["not a JWT"]


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated:joserfc.errors.SecurityWarning")  # and providers use it
@pytest.mark.parametrize("algorithm", sorted(signatures.ALGORITHMS))
def test_every_algorithm_that_is_taken_opens(server, provider, token, algorithm):
    provider.keys = [a_key(algorithm, algorithm)]
    assert server.ask("usage_by_key", token()).status_code == 200


def test_the_algorithms_are_those_that_a_public_key_cannot_forge():
    of_rsa = {f"{kind}{size}" for kind in ("RS", "PS") for size in (256, 384, 512)}
    assert {"EdDSA", *CURVES, *of_rsa} == signatures.ALGORITHMS


@pytest.mark.parametrize("late_s", [-31, 29])
def test_clocks_may_differ_by_half_a_minute(server, time, token, late_s):
    now = int(time.now().timestamp())
    answer = server.ask("usage_by_key", token(exp=now - late_s, iat=now, nbf=now))
    assert answer.status_code == 200
    assert server.ask("usage_by_key", token(iat=now + late_s, nbf=now + late_s)).status_code == 200
    assert server.ask("usage_by_key", token(exp=now - 30)).status_code == 401
    assert server.ask("usage_by_key", token(iat=now + 31)).status_code == 401


def test_a_token_expires_while_the_server_runs(server, time, token):
    one = token()
    time.passes(629)
    assert server.ask("usage_by_key", one).status_code == 200
    time.passes(1)
    assert sentence_of(server.ask("usage_by_key", one)).startswith("This token has expired;")


@pytest.mark.parametrize(
    "said",
    [
        {"scope": "openid usage:read"},
        {"scope": None, "scp": "usage:read"},
        {"scope": None, "scp": ["usage:read", "profile"]},
        {"scope": "openid", "permissions": ["usage:read"]},
        {"scope": None, "roles": ["usage:read"]},
        {"scope": "api://edgedns/usage:read"},
    ],
    ids=str,
)
def test_scopes_are_found_wherever_a_provider_writes_them(running, oauth, token, said):
    with running(**oauth, scope_prefix="api://edgedns/") as server:
        assert server.ask("usage_by_key", token(**said)).status_code == 200


@pytest.mark.parametrize("said", [None, "", "openid profile", "usage", "chargeback:read", 7, {"usage:read": True}])
def test_without_the_scope_nobody_asks_and_the_scope_is_named(running, oauth, token, said):
    with running(**oauth, scope_prefix="api://edgedns/") as server:
        answer = server.ask("usage_by_key", token(scope=said))
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == (
            'Bearer error="insufficient_scope", error_description="This needs the scope usage:read, which your token '
            f'lacks; sign in again and allow it.", resource_metadata="{METADATA}", scope="api://edgedns/usage:read"'
        )


@pytest.mark.parametrize("message", [
    called("chargeback_report", amount="1200"),
    asked("resources/read", uri="edgedns://chargeback/previous/1200/EUR"),
    asked("prompts/get", name="monthly_chargeback", arguments={"amount": "1200"}),
], ids=["tool", "resource", "prompt"])  # fmt: skip
def test_a_question_of_money_asks_for_the_other_scope_too(server, token, message):
    answer = server.post(message, token())
    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer error="insufficient_scope", error_description="This needs the scope charge')
    assert challenge.endswith(f'resource_metadata="{METADATA}", scope="{BOTH}"')
    assert "result" not in answer.json()
    allowed = server.post(message, token(scope=BOTH))
    assert allowed.status_code == 200
    assert "needs the scope" not in allowed.text


@pytest.mark.parametrize(("audience", "aud", "status"), [
    ((), PUBLIC, 200),
    ((), f"{PUBLIC}/", 200),
    ((), ["account", PUBLIC], 200),
    (("api://edgedns",), "api://edgedns", 200),
    (("api://edgedns", "edgedns"), ["edgedns"], 200),
    (("api://edgedns",), PUBLIC, 401),
], ids=str)  # fmt: skip
def test_a_token_is_for_the_audience_that_is_set_or_for_this_address(running, oauth, token, audience, aud, status):
    with running(**oauth, audience=audience) as server:
        assert server.ask("usage_by_key", token(aud=aud)).status_code == status


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"preferred_username": "ann", "email": "a@example.com"}, "ann"),
        ({"email": "a@example.com"}, "a@example.com"),
        ({"preferred_username": "\u202e\x1b[31m \n", "email": 7}, "[31m"),
        ({}, "client-1"),
        ({"client_id": None, "azp": "app"}, "app"),
        ({"client_id": None}, SUBJECT),
        ({"email": "ednsmcp_" + "a" * 43}, "...aaaa"),
    ],
)
def test_a_caller_is_noted_by_a_name_that_does_no_harm(running, oauth, token, tmp_path, said, name):
    with running(**oauth, audit_log=tmp_path / "audit.jsonl") as server:
        server.ask("usage_by_key", token(**said))
    assert json.loads((tmp_path / "audit.jsonl").read_text())["caller"] == name


def test_two_headers_open_nothing(server, token):
    twice = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")]
    assert server.http.post("/mcp", json={}, headers=twice).status_code == 401


def test_a_token_in_the_address_opens_nothing(server, token):
    answer = server.http.post(f"/mcp?access_token={token()}", json=called("usage_by_key"))
    assert (answer.status_code, "error=" in answer.headers["www-authenticate"]) == (401, False)


def test_a_token_is_never_noted(running, oauth, token, caplog, capfd, tmp_path):
    caplog.set_level("DEBUG")
    good, bad = token(), token(aud="other")
    with running(**oauth, audit_log=tmp_path / "audit.jsonl") as server:
        server.ask("usage_by_key", good, name_contains=good)
        server.ask("usage_by_key", bad)
    told = (
        (tmp_path / "audit.jsonl").read_text()
        + "".join(str(vars(one)) for one in caplog.records)
        + "".join(capfd.readouterr())
    )
    for part in (*good.split("."), *bad.split(".")[1:]):
        assert part not in told


def test_a_slow_reader_of_the_door_waits_for_nobody(server, provider, token):
    """The keys are there: whoever comes with a known one does not wait while others have theirs looked for."""
    assert server.ask("usage_by_key", token()).status_code == 200
    asked, answered = threading.Event(), threading.Event()

    def slowly():
        asked.set()
        answered.wait(20)

    provider.instead["/jwks"] = slowly
    stranger = threading.Thread(target=server.ask, args=("usage_by_key", token(key=a_key("other"))))
    stranger.start()
    assert asked.wait(20)
    assert server.ask("usage_by_key", token()).status_code == 200
    answered.set()
    stranger.join()
