"""HTTP to the outside: through the proxies of the environment, and trusting whom this machine trusts.

Nothing of an answer outlives it: no connection, on which the rest of one would be read as the next, and no cookie.
"""

import asyncio
import ssl
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from edgedns_mcp import __version__
from edgedns_mcp.errors import ConfigurationError

Found = TypeVar("Found")

OWN_STORES = ("darwin", "win32")  # there the system judges certificates, and does not know SSL_CERT_FILE


def client_for(scheme: str, headers: dict[str, str], **options: Any) -> httpx.AsyncClient:
    """Make a client for addresses of this scheme; redirects are not followed.

    Raises:
        ConfigurationError: a proxy setting or the file with certificates cannot be used.
    """
    named = {"User-Agent": f"edgedns-mcp/{__version__}"} | headers
    forgetting: dict[str, Any] = {
        "limits": httpx.Limits(max_keepalive_connections=0),
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
        "event_hooks": {"request": [_resolve_apart]},
    }
    try:
        return httpx.AsyncClient(headers=named, verify=trusted(scheme), **forgetting, **options)
    except (ValueError, ImportError, httpx.InvalidURL):
        raise ConfigurationError(
            "The proxy named in the environment cannot be used. Set HTTPS_PROXY to http://host:port."
        ) from None  # the cause repeats parts of the address, which may hold a password


class _Apart(ThreadPoolExecutor):
    """Threads that nobody waits for: a resolver of names may be silent for half a minute, even when we want to end."""

    def submit(self, fn: Callable[..., Found], /, *args: Any, **kwargs: Any) -> Future[Found]:
        found = Future[Found]()
        threading.Thread(target=_resolve, args=(found, lambda: fn(*args, **kwargs)), daemon=True).start()
        return found


def _resolve(found: Future[Found], work: Callable[[], Found]) -> None:
    found.set_running_or_notify_cancel()
    try:
        found.set_result(work())
    except (OSError, ValueError) as exc:
        found.set_exception(exc)


_APART = _Apart()  # holds no thread


async def _resolve_apart(_request: httpx.Request) -> None:
    asyncio.get_running_loop().set_default_executor(_APART)


def trusted(scheme: str) -> ssl.SSLContext:
    """Give what judges certificates: this machine's own store, or the file that SSL_CERT_FILE names.

    Raises:
        ConfigurationError: that file cannot be read.
    """
    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and costs no loading of certificates
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    named = ssl.get_default_verify_paths().cafile
    if sys.platform in OWN_STORES and named:
        _add(named, context)
    return context


def _add(certificates: str, context: ssl.SSLContext) -> None:
    try:
        context.load_verify_locations(certificates)
    except OSError as exc:
        raise ConfigurationError(
            "SSL_CERT_FILE cannot be read. Point SSL_CERT_FILE at a file with your organisation's certificates."
        ) from exc
