"""What credentials look like, so that none of them is ever stored."""

import re

from edgedns_mcp.domain.naming import SECRET

# Every alternative has a fixed start and a bounded look ahead, and needs nothing behind its end: on a line made to
# hurt, a search costs no more than on any other of its length.
VENDORS = re.compile(
    SECRET.pattern + r"|(?<![A-Za-z0-9])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}"  # Stripe
    r"|gh[opsru]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|sk-[A-Za-z0-9]{32,}|sk-(?:proj|ant|svcacct|admin)-(?=[\w-]{0,30}[A-Z])[\w-]{20,}"  # OpenAI, Anthropic
    r"|xox[a-z]-\d[\w-]{10,}|xapp-\d-[\w-]{10,}"  # Slack
    r"|AIza[\w-]{35,}|npm_[A-Za-z0-9]{36,}|hf_[A-Za-z0-9]{30,}|SG\.[\w-]{22}[\w.-]*"  # Google, npm, HF, SendGrid
    r"|eyJ[\w-]{17}[\w.-]*"  # JWT, and any other JSON in base64
    r")",
    re.ASCII,
)
# HTTP schemes; "Basic plan" is a name, "Basic dXNlcjpwYXNz" is not.
SCHEMES = re.compile(
    r"(?<![A-Za-z0-9])(?:(?i:bearer)\s+\S{8}|(?i:basic)\s+(?=[A-Za-z0-9+/=]{0,80}(?:\d|[a-z][A-Z]|=))[A-Za-z0-9+/]{6})",
    re.ASCII,
)
SCHEME_AND_TOKEN = re.compile(r"(?<![A-Za-z0-9])((?:bearer|basic)\s+)[^\s\"',;]{6,}", re.ASCII | re.IGNORECASE)
LONG_TOKEN = re.compile(r"[A-Za-z0-9+/]{32,}")


def holds_secret(text: str) -> bool:
    """Tell whether a text contains what looks like a credential: a vendor's, an HTTP scheme's, a long mixed token."""
    return bool(VENDORS.search(text) or SCHEMES.search(text)) or any(map(_is_mixed, LONG_TOKEN.findall(text)))


def without_secrets(path: str) -> str:
    """Take vendors' credentials out of a path; a long token may be a name there, and paths stay exact."""
    return VENDORS.sub("{secret}", path)


def redacted(line: str) -> str:
    """Take everything that looks like a credential out of a line that is kept to be looked at."""
    line = SCHEME_AND_TOKEN.sub(r"\1{secret}", VENDORS.sub("{secret}", line))
    return LONG_TOKEN.sub(lambda found: "{secret}" if _is_mixed(found[0]) else found[0], line)


def _is_mixed(token: str) -> bool:
    """Tell whether a token has small and capital letters and digits, as no hex digest has."""
    return token != token.lower() and token != token.upper() and any(char.isdigit() for char in token)
