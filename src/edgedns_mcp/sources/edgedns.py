"""Ask EdgeDNS for the counters of every key, within one deadline."""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import stamina
from pydantic import SecretStr

from edgedns_mcp.errors import ConfigurationError, UnavailableError
from edgedns_mcp.models import Reading
from edgedns_mcp.sources.edgedns_body import reading_of, trouble_of, unusable
from edgedns_mcp.sources.edgedns_errors import PassingError, declined, refusal, retry_after_s, too_late, unreachable
from edgedns_mcp.sources.edgedns_transfer import body_of
from edgedns_mcp.sources.outgoing import client_for

BY_KEY = "v1/analytics/usage/by-key"
PERIODS = frozenset({"current", "7d", "30d"})  # what the sibling endpoints of by-key know
DEADLINE_S = 3.5  # two MCP clients give up at 5 s
LEFT_FOR_AN_ANSWER_S = 0.3
CONNECT_S = 1.5
REFUSAL_BODY_S = 1.0
OK = 200
MOST_BYTES = 10_000_000
MOST_REFUSAL_BYTES = 64_000
ATTEMPTS = 3
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 0.4
HEADER_SAFE = re.compile(r"[!-~]+")
QUOTES_THE_PEER = (httpx.ProtocolError, httpx.ProxyError)  # their texts repeat bytes that came from outside

Read = TypeVar("Read")

RETRYING = stamina.AsyncRetryingCaller(
    attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_jitter=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
)


def client(base_url: str, api_key: SecretStr) -> httpx.AsyncClient:
    """Make the client that asks `base_url` with this key, through the proxies and certificates of the environment.

    Raises:
        ConfigurationError: the address, the key or a proxy setting cannot be used.
    """
    address = _address(base_url)
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Authorization": f"Bearer {_header_safe(api_key)}",
    }
    return client_for(address.scheme, headers, base_url=address, timeout=httpx.Timeout(DEADLINE_S, connect=CONNECT_S))


class EdgeDnsSource:
    """The usage-by-key endpoint of one organisation, and what else its API tells once a day."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        now: Callable[[], datetime],
        send_period: bool = False,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Take a ready client; `aclose` closes it."""
        self._client = client
        self._now = now
        self._send_period = send_period
        self._deadline_s = deadline_s
        self.calls_spent = 0
        self.clock: datetime | None = None  # of EdgeDNS, when it answered last

    async def reading(self, period: str = "current") -> Reading:
        """Ask once for the counters of every active key.

        Raises:
            RefusedError: EdgeDNS refuses this key, this plan or this question.
            UnavailableError: EdgeDNS did not give a usable answer in time.
        """
        question = {"period": period} if self._send_period and period in PERIODS else {}
        try:
            with anyio.fail_after(self._time_s()):
                await anyio.lowlevel.checkpoint()  # without any time left, no call is spent
                body = await RETRYING(_pause, self._answer, BY_KEY, question)
                return await anyio.to_thread.run_sync(reading_of, body, self._second(), abandon_on_cancel=True)
        except TimeoutError as exc:
            raise too_late(self._deadline_s) from exc

    async def once(self, path: str, read: Callable[[bytes, datetime], Read]) -> Read:
        """Ask something else, with one call at most: it can wait for another day.

        Raises:
            SourceError: EdgeDNS has no answer for this key, or none that `read` understands.
        """
        try:
            with anyio.fail_after(self._deadline_s):
                body = await self._answer(path, {})
                return await anyio.to_thread.run_sync(read, body, self._second(), abandon_on_cancel=True)
        except TimeoutError as exc:
            raise too_late(self._deadline_s) from exc

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()

    def _time_s(self) -> float:
        """Give up before whoever waits does: an answer can still be made of what was recorded then."""
        left_s = anyio.current_effective_deadline() - anyio.current_time()
        return max(min(self._deadline_s, left_s - LEFT_FOR_AN_ANSWER_S), 0.0)

    async def _answer(self, path: str, question: dict[str, str]) -> bytes:
        self.calls_spent += 1
        try:
            async with self._client.stream("GET", path, params=question) as response:
                self.clock = _moment(response.headers.get("Date", ""))
                return await (self._whole(response) if path == BY_KEY else _plain(response))
        except QUOTES_THE_PEER as exc:
            raise unreachable(exc) from None
        except httpx.RequestError as exc:
            raise unreachable(exc) from exc

    async def _whole(self, response: httpx.Response) -> bytes:
        if response.status_code != OK:
            wait_s = retry_after_s(response.headers.get("Retry-After", ""), self._now())
            raise refusal(response.status_code, trouble_of(await _refusal_body(response)), wait_s)
        if "next" in response.links:
            raise unusable("only a part of the keys (it links to a next page)")
        return await body_of(response, MOST_BYTES)

    def _second(self) -> datetime:
        return self._now().astimezone(UTC).replace(microsecond=0)


def _address(base_url: str) -> httpx.URL:
    with contextlib.suppress(httpx.InvalidURL):
        address = httpx.URL(base_url)
        if address.scheme in {"http", "https"} and address.host and not address.userinfo:
            return address
    raise ConfigurationError("EDGEDNS_BASE_URL is no address of an API. Set it to something like https://host.")


def _header_safe(api_key: SecretStr) -> str:
    key = api_key.get_secret_value()
    if not HEADER_SAFE.fullmatch(key):
        raise ConfigurationError(
            "EDGEDNS_API_KEY holds spaces, line breaks or no text at all. Set it to the key alone."
        )
    return key


def _pause(exc: Exception) -> bool | float:
    if not isinstance(exc, PassingError):
        return False
    left_s = anyio.current_effective_deadline() - anyio.current_time()
    if exc.wait_s is None:
        return left_s > LONGEST_WAIT_S
    return max(exc.wait_s, FIRST_WAIT_S) if exc.wait_s < left_s else False


async def _plain(response: httpx.Response) -> bytes:
    if response.status_code != OK:
        raise declined(response.status_code, trouble_of(await _refusal_body(response)))
    return await body_of(response, MOST_BYTES)


async def _refusal_body(response: httpx.Response) -> bytes:
    """Read what a refusal says; the status counts even where that is broken, slow or endless."""
    with anyio.move_on_after(REFUSAL_BODY_S), contextlib.suppress(httpx.RequestError, UnavailableError):
        return await body_of(response, MOST_REFUSAL_BYTES)
    return b""


def _moment(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
