"""The keys of the identity provider: they rotate, are withdrawn, and are not always to be had."""

from itertools import repeat
from threading import Event

import anyio
import anyio.lowlevel
import flask
import pytest
from identity_provider import IdentityProvider, a_key, provided
from remote_builders import sentence_of

from edgedns_mcp.errors import SourceError, UnavailableError
from edgedns_mcp.server.remote.keyring import Keyring, UnjudgedError
from edgedns_mcp.server.remote.signatures import Header, WrongTokenError, keys_of
from edgedns_mcp.sources.issuer import Published, issuer

SECOND = Header("ES256", "second")


@pytest.fixture
def server(running, oauth):
    with running(**oauth) as started:
        yield started


@pytest.fixture
def status(server, provider, time):
    """Tell with which status a token of a key is answered; it lasts as long as the test."""
    return lambda name="first", **said: (
        server.ask("server_status", provider.token(time.now().timestamp(), key=a_key(name), **said)).status_code
    )


def down():
    return "", 503


def whys(caplog):
    return [one.fields["why"] for one in caplog.records if "why" in getattr(one, "fields", ())]


def test_a_key_that_was_rotated_a_second_ago_opens(status, provider, time):
    assert status() == 200
    provider.keys.append(a_key("second"))
    time.passes(1)
    assert [status("second"), status("first"), status("second")] == [200, 200, 200]
    assert provider.asked["/jwks"] == 2


@pytest.mark.parametrize(("cached", "seconds"), [
    ("", 300),
    ("public, max-age=120, must-revalidate", 120),
    ("max-age=1", 60),
    ("max-age=86400", 3600),
    ("s-maxage=90", 300),
    ("no-store", 300),
])  # fmt: skip
def test_a_key_that_is_withdrawn_opens_no_longer_than_keys_may_be_kept(status, provider, time, cached, seconds):
    provider.headers = {"Cache-Control": cached}
    assert status() == 200
    provider.keys = [a_key("second")]
    time.passes(seconds - 1)
    assert (status(), provider.asked["/jwks"]) == (200, 1)
    time.passes(1)
    assert (status(), status("second"), provider.asked["/jwks"]) == (401, 200, 2)


def test_while_the_provider_is_down_its_keys_are_used_for_an_hour_and_nobody_is_sent_away(
    server, status, provider, time, caplog
):
    assert status() == 200
    provider.instead["/jwks"] = down
    time.passes(300)
    assert [status(), status()] == [200, 200]
    assert provider.asked["/jwks"] == 2  # and not for each of them
    time.passes(30)
    assert (status(), provider.asked["/jwks"]) == (200, 3)
    answer = server.ask("server_status", provider.token(time.now().timestamp(), key=a_key("second")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert sentence_of(answer).startswith("It cannot be told now who you are; ask again in 30 s")
    time.passes(3600)
    assert status() == 503
    assert set(whys(caplog)) == {"The identity provider answered with HTTP 503."}
    del provider.instead["/jwks"]
    assert status() == 200


def test_without_any_keys_nobody_is_judged(server, provider, time):
    provider.instead["/.well-known/openid-configuration"] = down
    for said in ({}, {"aud": "another"}):
        answer = server.ask("usage_by_key", provider.token(time.now().timestamp(), **said))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "www-authenticate" not in answer.headers
        assert set(answer.json()) == {"jsonrpc", "id", "error"}


def test_a_provider_that_cannot_be_reached_is_told_in_the_log(running, oauth, time, caplog):
    with provided(IdentityProvider()) as gone:
        token = gone.token(time.now().timestamp())
    with running(**oauth | {"issuer": gone.issuer}) as server:
        assert server.ask("usage_by_key", token).status_code == 503
    assert whys(caplog) == ["The identity provider could not be asked: it refused the connection."]


def test_a_flood_of_strange_keys_asks_the_provider_ten_times_a_minute(server, status, provider, time):
    assert status() == 200
    answers = [status(f"strange-{number}", sub=f"s{number}") for number in range(40)]
    assert answers == [401] * 9 + [503] * 31
    assert provider.asked["/jwks"] == 10
    assert status() == 200
    time.passes(6)
    assert [status("strange"), status("stranger"), provider.asked["/jwks"]] == [401, 503, 11]


ODD = {
    "no JSON": lambda: "<html>",
    "a list": lambda: flask.jsonify([1]),
    "no keys": lambda: flask.jsonify({}),
    "keys of words": lambda: flask.jsonify({"keys": "first"}),
    "none": lambda: flask.jsonify({"keys": []}),
    "odd ones": lambda: flask.jsonify({"keys": [
        7,
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"},
        {"kty": ["EC"], "kid": "first"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "first"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "first"},
        {"kty": "RSA", "n": 7, "e": None, "kid": "first"},
        a_key("first").as_dict(private=True),
        a_key("first").as_dict(private=False) | {"use": "enc"},
        a_key("first").as_dict(private=False) | {"alg": "RS256"},
        a_key("first").as_dict(private=False) | {"key_ops": ["encrypt"]},
        a_key("first").as_dict(private=False) | {"key_ops": "verify"},
    ]}),
    "another place": lambda: flask.redirect("/elsewhere"),
    "endless": lambda: flask.Response(repeat(b" " * 65_536), content_type="application/json"),
    "packed": lambda: flask.Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
    "deep": lambda: "[" * 100_000,
    "gone": lambda: ("", 404),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_are_no_keys_judges_nobody(status, provider, caplog, name):
    provider.instead["/jwks"] = ODD[name]
    assert status() == 503
    assert len(whys(caplog)) == 1
    assert provider.asked["/elsewhere"] == 0


def test_one_odd_key_does_not_hide_the_others(status, provider):
    provider.instead["/jwks"] = lambda: flask.jsonify({"keys": [{"kty": "oct"}, *provider.published()["keys"]]})
    assert status() == 200


METADATA = "/.well-known/openid-configuration"


@pytest.mark.parametrize(("change", "why"), [
    ({"issuer": "https://login.example.com"}, "goes by another name than EDGEDNS_HTTP_ISSUER"),
    ({"issuer": "{issuer}/"}, "goes by another name than EDGEDNS_HTTP_ISSUER"),
    ({"jwks_uri": "http://login.example.com/jwks"}, "name no https address of its keys"),
    ({"jwks_uri": "http://127.0.0.1.example.com/jwks"}, "name no https address of its keys"),
    ({"jwks_uri": "file:///etc/passwd"}, "name no https address of its keys"),
    ({"jwks_uri": "https://"}, "name no https address of its keys"),
    ({"jwks_uri": "https://a:b/"}, "name no https address of its keys"),
    ({"jwks_uri": None}, "name no https address of its keys"),
])  # fmt: skip
def test_metadata_that_cannot_be_right_judge_nobody(status, provider, caplog, change, why):
    said = {name: value and value.replace("{issuer}", provider.issuer) for name, value in change.items()}
    provider.instead[METADATA] = lambda: flask.jsonify(provider.metadata() | said)
    assert status() == 503
    (told,) = whys(caplog)
    assert why in told


def test_a_provider_without_openid_is_found_where_rfc_8414_says(running, oauth, time):
    with provided(IdentityProvider(path="/realms/acme")) as provider:
        provider.instead["/realms/acme" + METADATA] = lambda: ("", 404)
        with running(**oauth | {"issuer": provider.issuer}) as server:
            assert server.ask("usage_by_key", provider.token(time.now().timestamp())).status_code == 200
        assert provider.asked["/.well-known/oauth-authorization-server/realms/acme"] == 1


def test_a_provider_without_any_metadata_is_told(status, provider, caplog):
    for path in (METADATA, "/.well-known/oauth-authorization-server"):
        provider.instead[path] = lambda: ("", 404)
    assert status() == 503
    assert whys(caplog)[0].startswith("The identity provider has no metadata; check EDGEDNS_HTTP_ISSUER")


def test_where_the_address_of_the_keys_is_set_no_metadata_are_asked_for(running, oauth, provider, time):
    with running(**oauth | {"issuer": "https://login.example.com/"}, jwks_url=f"{provider.url}/jwks") as server:
        token = provider.token(time.now().timestamp(), iss="https://login.example.com/")
        assert server.ask("usage_by_key", token).status_code == 200
    assert list(provider.asked) == ["/jwks"]


def test_without_a_name_the_one_key_that_fits_is_taken_and_of_two_none(status, provider, time):
    nameless = {"header": {"kid": None}}
    assert status(**nameless) == 200
    provider.keys.append(a_key("RS256", "RS256"))
    time.passes(300)
    assert status(**nameless) == 200
    provider.keys.append(a_key("second"))
    time.passes(300)
    assert status(**nameless) == 401


async def test_a_slow_provider_is_waited_for_so_long_and_no_longer(provider):
    answered = Event()
    provider.instead["/jwks"] = lambda: answered.wait(20) and None
    slow = issuer(provider.issuer)
    with pytest.raises(UnavailableError, match=r"did not answer within 0\.05 s"):
        await slow.published(0.05)
    answered.set()
    await slow.aclose()


class Asked:
    """A provider that answers when a test says so."""

    def __init__(self):
        self.times = []
        self.begun = anyio.Event()
        self.answer = anyio.Event()
        self.keys = [a_key("first").as_dict(private=False)]
        self.trouble = None

    async def __call__(self, patience_s):
        self.times.append(patience_s)
        self.begun.set()
        await self.answer.wait()
        if self.trouble:
            raise self.trouble
        return Published(self.keys, 300.0)


async def outcome(keyring, header=SECOND):
    try:
        return (await keyring.find(header)).kid
    except (WrongTokenError, UnjudgedError) as exc:
        return type(exc)


async def test_who_comes_while_keys_are_asked_for_shares_the_next_answer(time):
    provider, found = Asked(), []

    async def look(kid):
        found.append(await outcome(keyring, Header("ES256", kid)))

    keyring = Keyring(provider, time.clock.tick)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look, "first")
        await provider.begun.wait()
        for number in range(20):
            tasks.start_soon(look, f"strange-{number}")
        await anyio.lowlevel.checkpoint()
        provider.answer.set()
    assert found == ["first", *[WrongTokenError] * 20]
    assert len(provider.times) == 2


async def test_where_keys_are_known_a_slow_provider_is_waited_for_briefly(time):
    provider = Asked()
    provider.answer.set()
    keyring = Keyring(provider, time.clock.tick)
    first = Header("ES256", "first")
    assert await outcome(keyring, first) == "first"
    provider.trouble = SourceError("It is slow.")
    time.passes(300)
    assert await outcome(keyring, first) == "first"
    assert await outcome(keyring) is UnjudgedError
    assert provider.times == [3.0, 1.0, 3.0]


async def test_a_question_whose_answer_nobody_waited_for_judges_nobody(time):
    provider, found, impatient = Asked(), [], anyio.CancelScope()
    keyring = Keyring(provider, time.clock.tick)

    async def look():
        found.append(await outcome(keyring))

    async def look_impatiently():
        with impatient:
            await look()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outcome, keyring)
        await provider.begun.wait()
        tasks.start_soon(look_impatiently)
        tasks.start_soon(look)
        await anyio.lowlevel.checkpoint()
        first_answer, provider.answer, provider.begun = provider.answer, anyio.Event(), anyio.Event()
        first_answer.set()
        await provider.begun.wait()
        impatient.cancel()
    assert (found, len(provider.times)) == ([UnjudgedError], 2)


def test_keys_are_taken_for_what_they_say_they_are_for():
    (key,) = keys_of([a_key("second").as_dict(private=False) | {"kid": 7, "alg": None}])
    assert (key.kid, key.algorithms) == (None, {"ES256"})
