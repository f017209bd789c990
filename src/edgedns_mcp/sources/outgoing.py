"""HTTP to the outside: through the proxies of the environment, and trusting whom this machine trusts."""

import ssl
import sys
from typing import Any

import httpx

from edgedns_mcp import __version__
from edgedns_mcp.errors import ConfigurationError

OWN_STORES = ("darwin", "win32")  # there the system judges certificates, and does not know SSL_CERT_FILE


def client_for(scheme: str, headers: dict[str, str], **options: Any) -> httpx.AsyncClient:
    """Make a client for addresses of this scheme; redirects are not followed.

    Raises:
        ConfigurationError: a proxy setting or the file with certificates cannot be used.
    """
    named = {"User-Agent": f"edgedns-mcp/{__version__}"} | headers
    try:
        return httpx.AsyncClient(headers=named, verify=_trust(scheme), **options)
    except (ValueError, ImportError, httpx.InvalidURL):
        raise ConfigurationError(
            "The proxy named in the environment cannot be used. Set HTTPS_PROXY to http://host:port."
        ) from None  # the cause repeats parts of the address, which may hold a password


def _trust(scheme: str) -> ssl.SSLContext:
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
