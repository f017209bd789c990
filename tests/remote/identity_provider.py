"""An identity provider on this machine: authorization code with PKCE, registration and keys that rotate, by Authlib."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from listening import PATIENCE_S
from werkzeug.serving import WSGIRequestHandler, make_server

CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
SUBJECT = "user-17"


@cache
def a_key(name: str, algorithm: str = "ES256") -> Key:
    """Make a key, once for each name: those of RSA take their time."""
    about = {"kid": name, "use": "sig", "alg": algorithm}
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", about)
    if algorithm in CURVES:
        return ECKey.generate_key(CURVES[algorithm], about)
    return RSAKey.generate_key(2048, about)


@dataclass
class Registered:
    """A client, as Authlib asks for one."""

    client_id: str
    redirect_uris: list[str]

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Person:
    """Who signs in."""

    sub: str = SUBJECT

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Code:
    """An authorization code, as Authlib asks for one."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class IdentityProvider:
    """One issuer: what it publishes, whom it knows, and what it was asked."""

    url: str = ""
    path: str = ""  # of its name
    keys: list[Key] = field(default_factory=lambda: [a_key("first")])  # the last one signs
    headers: dict[str, str] = field(default_factory=dict)  # of the keys
    instead: dict[str, Callable[[], Any]] = field(default_factory=dict)  # answers by path, to be wrong with
    asked: Counter[str] = field(default_factory=Counter)
    clients: dict[str, Registered] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)  # that tokens were asked for

    @property
    def issuer(self) -> str:
        return self.url + self.path

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.url}/jwks",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def published(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def token(self, now: float, *, key: Key | None = None, header: Any = (), **claims: Any) -> str:
        """Make an access token of ten minutes; a claim that is None is left out."""
        key = key or self.keys[-1]
        said = {
            "iss": self.issuer,
            "aud": "https://mcp.example.com/mcp",
            "sub": SUBJECT,
            "exp": int(now) + 600,
            "iat": int(now),
            "client_id": "client-1",
            "scope": "usage:read",
        } | claims
        algorithm = str(key.as_dict(private=False).get("alg"))
        named = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid} | dict(header)
        return jwt.encode(
            {name: value for name, value in named.items() if value is not None},
            {name: value for name, value in said.items() if value is not None},
            key,
            algorithms=[named["alg"]],
        )


class Quiet(WSGIRequestHandler):
    """Says nothing on standard error."""

    def log(self, *arguments: Any) -> None:
        """Leave the line out."""


@contextmanager
def provided(provider: IdentityProvider) -> Generator[IdentityProvider]:
    """Serve an identity provider in a thread."""
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True, request_handler=Quiet)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(PATIENCE_S)
        server.server_close()


def _app(provider: IdentityProvider) -> flask.Flask:
    app = flask.Flask("identity-provider")
    server = _authorization(app, provider)

    @app.before_request
    def instead():
        provider.asked[flask.request.path] += 1
        wrong = provider.instead.get(flask.request.path)
        return wrong() if wrong else None

    @app.get("/.well-known/openid-configuration", defaults={"path": ""})
    @app.get("/<path:path>/.well-known/openid-configuration")
    def metadata(path):
        return provider.metadata() if f"/{path}".rstrip("/") == provider.path else ("", 404)

    @app.get("/.well-known/oauth-authorization-server/<path:_path>")
    @app.get("/.well-known/oauth-authorization-server", defaults={"_path": ""})
    def metadata_of_oauth(_path):
        return provider.metadata()

    @app.get("/jwks")
    def keys():
        return provider.published(), provider.headers

    @app.get("/authorize")
    def authorize():
        grant = server.get_consent_grant(end_user=Person())
        return server.create_authorization_response(grant_user=Person(), grant=grant)

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.post("/register")
    def register():
        return server.create_endpoint_response("client_registration")

    return app


class ByCode(AuthorizationCodeGrant):
    """The authorization code grant, for public clients."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    provider: IdentityProvider

    def save_authorization_code(self, code, request):
        asked, said = request.payload, request.payload.data
        self.provider.codes[code] = Code(
            code,
            request.client.client_id,
            asked.redirect_uri,
            asked.scope,
            said["code_challenge"],
            said["code_challenge_method"],
        )

    def query_authorization_code(self, code, client):
        found = self.provider.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        del self.provider.codes[authorization_code.code]

    def authenticate_user(self, _authorization_code):
        return Person()


class Tokens(JWTBearerTokenGenerator):
    """Access tokens as JWT, for the resource that they are asked for."""

    provider: IdentityProvider

    def get_jwks(self):
        return self.provider.keys[-1]

    def get_extra_claims(self, client, grant_type, user, scope):
        return {"iss": self.provider.issuer}  # it was not known when the generator was made

    def get_audiences(self, _client, _user, _scope):
        self.provider.resources.append(flask.request.form["resource"])
        return flask.request.form["resource"]


class Registration(ClientRegistrationEndpoint):
    """Registration of clients that nobody knows yet."""

    provider: IdentityProvider

    def authenticate_token(self, request):
        return "anybody may"

    def get_server_metadata(self):
        return self.provider.metadata()

    def generate_client_secret(self, request):
        return ""

    def save_client(self, client_info, client_metadata, request):
        client = Registered(client_info["client_id"], client_metadata["redirect_uris"])
        self.provider.clients[client.client_id] = client
        return client


def _authorization(app: flask.Flask, provider: IdentityProvider) -> AuthorizationServer:
    own = {"provider": provider}
    server = AuthorizationServer(app, query_client=provider.clients.get, save_token=lambda _token, _request: None)
    server.register_grant(type("Own", (ByCode,), own), [CodeChallenge(required=True)])
    server.register_endpoint(type("Own", (Registration,), own))
    server.register_token_generator("default", type("Own", (Tokens,), own)("", "ES256"))
    return server
