"""Post notices to a webhook, whose path is a secret: again while nobody took them, and never where one may have."""

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import anyio
import httpx
import stamina

from edgedns_mcp.errors import ConfigurationError, UncertainError, UnfitError, UntoldError, causes
from edgedns_mcp.models import Notice
from edgedns_mcp.sources.edgedns_errors import SECONDS
from edgedns_mcp.sources.outgoing import client_for

DEADLINE_S = 15.0  # for one notice, retries included
SILENCE_S = 10.0
CONNECT_S = 4.0
ATTEMPTS = 3
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 2.0
HERE = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
GATEWAY_TIMEOUT = 504  # the gateway passed the notice on, and heard nothing
PASSING = frozenset({408, 429})  # and 5xx
UNFIT = frozenset({400, 413, 422})  # of this body, where others may do
REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted here"),
    (ssl.SSLError, "no encrypted connection came about"),
    (socket.gaierror, "its name cannot be resolved"),
    (ConnectionRefusedError, "it refused the connection"),
    (httpx.ProxyError, "the proxy did not open the way"),
    (TimeoutError, "it did not take the connection in time"),
    (httpx.TimeoutException, "it did not take the connection in time"),
    (BaseException, "no connection came about"),
)

RETRYING = stamina.AsyncRetryingCaller(
    attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_jitter=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
)


class _PassingError(UntoldError):
    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s  # the pause that was asked for


@dataclass
class _Post:
    """One notice on its way: whether it began to leave decides what a silence means."""

    finding_id: str
    body: str
    is_sent: bool = False

    async def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of each step of the connection; a proxy's CONNECT is none of ours."""
        if event.endswith("send_request_headers.started") and info["request"].method == b"POST":
            self.is_sent = True


def webhook(url: str, *, deadline_s: float = DEADLINE_S) -> "Webhook":
    """Make what posts to `url`.

    Raises:
        ConfigurationError: this is no address of a webhook, or no connection can be made from here.
    """
    address = _address(url)
    client = client_for(
        address.scheme,
        {"Content-Type": "application/json"},
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
        trust_env=address.scheme == "https",  # what is sent in clear stays on this machine, also if there is a proxy
    )
    return Webhook(client, address, deadline_s=deadline_s)


class Webhook:
    """One address that takes notices."""

    def __init__(self, client: httpx.AsyncClient, address: httpx.URL, *, deadline_s: float = DEADLINE_S) -> None:
        """Take a ready client; `aclose` closes it."""
        self.host = address.raw_host.decode("ascii")
        self.digest = sha256(b"edgedns-mcp address\0" + str(address).encode()).digest()
        self._client = client
        self._address = address
        self._deadline_s = deadline_s

    async def tell(self, notice: Notice) -> None:
        """Post a notice.

        Raises:
            UnfitError: the address does not take this one.
            UncertainError: nobody knows whether it arrived.
            UntoldError: it did not arrive.
        """
        post = _Post(notice.finding.finding_id, notice.model_dump_json())
        try:
            with anyio.fail_after(self._deadline_s):
                await RETRYING(_pause, self._attempt, post)
        except TimeoutError as exc:
            raise self._silent(post, exc) from None

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _attempt(self, post: _Post) -> None:
        try:
            sent = self._client.stream("POST", self._address, content=post.body, extensions={"trace": post.watch})
            async with sent as response:  # its body is not read: nothing depends on it, and it may have no end
                status, wait = response.status_code, response.headers.get("Retry-After", "")
        except httpx.RequestError as exc:
            raise self._silent(post, exc) from None  # the cause holds the address
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            raise self._refused(post, status, wait)

    def _silent(self, post: _Post, exc: BaseException) -> UntoldError:
        if post.is_sent:
            return UncertainError(
                f"{self.host} never said whether it took finding {post.finding_id}; it may have: it is told once."
            )
        found = tuple(causes(exc))
        kind, reason = next(row for row in REASONS if any(isinstance(cause, row[0]) for cause in found))
        sentence = f"{self.host} could not be told of finding {post.finding_id}: {reason}; the next turn tries again."
        return UntoldError(sentence) if issubclass(kind, ssl.SSLError) else _PassingError(sentence)

    def _refused(self, post: _Post, status: int, wait: str) -> UntoldError:
        if status == GATEWAY_TIMEOUT:
            return self._silent(post, TimeoutError())
        post.is_sent = False  # it is known not to have been taken
        answer = f"{self.host} did not take finding {post.finding_id} (HTTP {status})"
        if status in PASSING or status >= 500:  # noqa: PLR2004 - what HTTP calls a server's error
            wait_s = float(wait) if SECONDS.fullmatch(wait) else None
            return _PassingError(f"{answer}; the next turn tries again.", wait_s)
        if status in UNFIT:
            return UnfitError(f"{answer}; check that it is a webhook that takes JSON with a text.")
        return UntoldError(f"{answer}; check the address given with --notify.")


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
        is_safe = address.scheme == "https" or (address.scheme == "http" and HERE.fullmatch(address.host))
    except httpx.InvalidURL:
        is_safe, address = False, httpx.URL()
    if not (is_safe and address.host):
        raise ConfigurationError(
            "--notify needs the address of a webhook, such as https://host/path; http:// is for this machine alone."
        )
    return address


def _pause(exc: Exception) -> bool | float:
    if not isinstance(exc, _PassingError):
        return False
    left_s = anyio.current_effective_deadline() - anyio.current_time()
    if exc.wait_s is None:
        return left_s > LONGEST_WAIT_S
    return max(exc.wait_s, FIRST_WAIT_S) if exc.wait_s < left_s else False
