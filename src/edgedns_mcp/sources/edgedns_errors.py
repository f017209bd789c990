"""What a refusal or a silence of EdgeDNS means: one fact and one next step for each."""

import math
import re
import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx

from edgedns_mcp.errors import RefusedError, SourceError, UnavailableError, causes
from edgedns_mcp.sources.edgedns_body import Trouble

ASK_AGAIN_S = 60  # where EdgeDNS does not say when
NEEDED_PLAN = "developer"  # the plan that EdgeDNS's page names for this endpoint
LONGEST_WAIT_S = 31 * 86_400  # no billing period is longer, so a longer wait is a mistake
BROKE_OFF = re.compile("disconnected|closed connection")  # how the HTTP library says that the other side left
SECONDS = re.compile(r"\d{1,7}(\.\d{1,6})?")
REQUEST_TIMEOUT = 408
TOO_MANY_REQUESTS = 429
RATE_LIMITED = "RATE_LIMIT_EXCEEDED"
MAY_NOT = frozenset({401, 402, 403, 404})
GATEWAY = frozenset({502, 503, 504})


class PassingError(UnavailableError):
    """A failure that may be gone within seconds; `wait_s` is the pause EdgeDNS asked for, None where it did not."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        """Keep the pause beside the sentence."""
        super().__init__(sentence)
        self.wait_s = wait_s


class Meaning(NamedTuple):
    """What happened, and the one thing to do."""

    fact: str
    step: str


CHECK_KEY = "Check EDGEDNS_API_KEY."
CHECK_ADDRESS = "Check EDGEDNS_BASE_URL."
ASK_LATER = "Ask again in {seconds}."
BAD_QUESTION = Meaning("EdgeDNS did not accept the question", "Set EDGEDNS_SEND_PERIOD=false and ask again.")
TOO_FAST = Meaning("EdgeDNS takes no more requests for the moment", ASK_LATER)

MEANINGS: dict[tuple[int, str], Meaning] = {
    (400, ""): BAD_QUESTION,
    (400, "VALIDATION_ERROR"): BAD_QUESTION._replace(fact="EdgeDNS did not accept a parameter of the question"),
    (400, "MISSING_PARAMETER"): Meaning("EdgeDNS misses a parameter that usage by key does not have", CHECK_ADDRESS),
    (400, "INVALID_DOMAIN"): Meaning("EdgeDNS took the question for one about a domain", CHECK_ADDRESS),
    (400, "INVALID_IP"): Meaning("EdgeDNS took the question for one about an IP address", CHECK_ADDRESS),
    (401, ""): Meaning("EdgeDNS refused this API key", CHECK_KEY),
    (401, "AUTHENTICATION_REQUIRED"): Meaning("EdgeDNS received no API key", CHECK_KEY),
    (401, "INVALID_API_KEY"): Meaning("EdgeDNS does not know this API key", CHECK_KEY),
    (401, "API_KEY_EXPIRED"): Meaning(
        "This API key has expired", "Put a key that is still valid into EDGEDNS_API_KEY."
    ),
    (401, "API_KEY_REVOKED"): Meaning("This API key was revoked", "Put an active key into EDGEDNS_API_KEY."),
    (402, ""): Meaning(
        "EdgeDNS waits for a payment of the organisation's subscription", "Settle it in the EdgeDNS account."
    ),
    (403, ""): Meaning(
        "EdgeDNS does not let this API key read usage", "Put a key with that permission into EDGEDNS_API_KEY."
    ),
    (403, "TIER_RESTRICTION"): Meaning(
        "Usage by key needs the {plan} plan", "Put a key of an organisation with the {plan} plan into EDGEDNS_API_KEY."
    ),
    (403, "IP_NOT_ALLOWED"): Meaning(
        "This API key may not be used from this machine's IP address", "Add the address to the key's IP allowlist."
    ),
    (403, "SUBSCRIPTION_INACTIVE"): Meaning(
        "The organisation's EdgeDNS subscription is not active", "Activate it in the EdgeDNS account."
    ),
    (404, ""): Meaning("There is no usage by key at this address", CHECK_ADDRESS),
    (407, ""): Meaning("The proxy wants a password", "Put it into the address in HTTPS_PROXY."),
    (408, ""): Meaning("EdgeDNS waited too long for the question", ASK_LATER),
    (429, ""): TOO_FAST,
    (429, RATE_LIMITED): TOO_FAST._replace(fact="EdgeDNS's rate limit for this API key is reached"),
    (429, "QUOTA_EXCEEDED"): Meaning(
        "The organisation's monthly EdgeDNS quota is used up", "Ask again in the next billing period."
    ),
    (500, ""): Meaning("EdgeDNS failed inside", ASK_LATER),
    (502, ""): Meaning("EdgeDNS got no proper answer from its own back end", ASK_LATER),
    (503, ""): Meaning("EdgeDNS is out of service", ASK_LATER),
    (504, ""): Meaning("EdgeDNS waited too long for its own back end", ASK_LATER),
}
FAMILIES: dict[int, Meaning] = {
    3: Meaning("EdgeDNS's address leads elsewhere, and the API key is not sent there", CHECK_ADDRESS),
    4: Meaning("EdgeDNS refused the question", CHECK_ADDRESS),
    5: Meaning("EdgeDNS is in trouble", ASK_LATER),
}
UNFORESEEN = Meaning("EdgeDNS answered with a status that usage by key does not have", CHECK_ADDRESS)
NO_HTTP = Meaning("What answers at EdgeDNS's address does not speak HTTP as it should", CHECK_ADDRESS)


UNREACHABLE: tuple[tuple[type[BaseException], Meaning], ...] = (
    (
        ssl.SSLCertVerificationError,
        Meaning(
            "EdgeDNS's certificate is not trusted here",
            "Point SSL_CERT_FILE at a file with your organisation's certificates.",
        ),
    ),
    (ssl.SSLError, Meaning("No encrypted connection to EdgeDNS came about", CHECK_ADDRESS)),
    (httpx.ProxyError, Meaning("The proxy did not open the way to EdgeDNS", "Check HTTPS_PROXY.")),
    (socket.gaierror, Meaning("The name of EdgeDNS's host cannot be resolved", CHECK_ADDRESS)),
    (ConnectionRefusedError, Meaning("EdgeDNS's host refused the connection", CHECK_ADDRESS)),
    (httpx.ConnectTimeout, Meaning("EdgeDNS's host did not take the connection in time", CHECK_ADDRESS)),
    (httpx.TimeoutException, Meaning("EdgeDNS did not answer in time", ASK_LATER)),
    (httpx.ConnectError, Meaning("EdgeDNS cannot be reached", "Check the network, and HTTPS_PROXY if you need one.")),
    (httpx.DecodingError, Meaning("EdgeDNS's answer could not be unpacked", ASK_LATER)),
    (httpx.RequestError, Meaning("The connection broke before EdgeDNS's answer was whole", ASK_LATER)),
)


def refusal(status: int, trouble: Trouble, wait_s: float | None) -> SourceError:
    """Turn a status other than 200 into the error to raise."""
    sentence = _sentence(_meaning(status, trouble.code), status, trouble, wait_s)
    if status in GATEWAY or (trouble.code == RATE_LIMITED and status == TOO_MANY_REQUESTS and wait_s is not None):
        return PassingError(sentence, wait_s)
    passes = status in {REQUEST_TIMEOUT, TOO_MANY_REQUESTS} or status // 100 not in {3, 4}
    return UnavailableError(sentence) if passes else RefusedError(sentence)


def declined(status: int, trouble: Trouble) -> SourceError:
    """Turn a status other than 200, of a question that can wait for another day, into the error to raise."""
    if status in MAY_NOT:
        return RefusedError(f"This API key may not ({_evidence(status, trouble)})")
    return UnavailableError(f"{_meaning(status, trouble.code).fact} ({_evidence(status, trouble)})")


def unreachable(exc: httpx.RequestError) -> UnavailableError:
    """Turn a failure of the network into the error to raise."""
    if isinstance(exc, httpx.RemoteProtocolError) and not BROKE_OFF.search(str(exc)):
        return UnavailableError(f"{NO_HTTP.fact}. {NO_HTTP.step}")
    found = tuple(causes(exc))
    kind, meaning = next(row for row in UNREACHABLE if any(isinstance(cause, row[0]) for cause in found))
    sentence = f"{meaning.fact}. {meaning.step}".format(seconds=_seconds(None))
    return UnavailableError(sentence) if issubclass(kind, ssl.SSLError) else PassingError(sentence)


def too_late(deadline_s: float) -> UnavailableError:
    """Say that the time for an answer is over."""
    return UnavailableError(f"EdgeDNS did not answer within {deadline_s:g} seconds. Ask again in {_seconds(None)}.")


def retry_after_s(header: str, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date; None where it says nothing sane."""
    wait_s = float(header) if SECONDS.fullmatch(header) else _until(header, now)
    return None if wait_s is None or wait_s > LONGEST_WAIT_S else wait_s


def _until(date: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(date)
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def _meaning(status: int, code: str) -> Meaning:
    known = MEANINGS.get((status, code)) or MEANINGS.get((status, ""))
    return known or FAMILIES.get(status // 100, UNFORESEEN)


def _sentence(meaning: Meaning, status: int, trouble: Trouble, wait_s: float | None) -> str:
    words = {"plan": trouble.plan or NEEDED_PLAN, "seconds": _seconds(wait_s)}
    return f"{meaning.fact.format(**words)} ({_evidence(status, trouble)}). {meaning.step.format(**words)}"


def _evidence(status: int, trouble: Trouble) -> str:
    request = f", request {trouble.request_id}" if trouble.request_id else ""
    return f"HTTP {status} {trouble.code}".rstrip() + request


def _seconds(wait_s: float | None) -> str:
    seconds = max(1, math.ceil(ASK_AGAIN_S if wait_s is None else wait_s))
    return "1 second" if seconds == 1 else f"{seconds} seconds"
