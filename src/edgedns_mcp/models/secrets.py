"""What credentials look like, so that none of them is ever stored, shown or logged."""

import re
from urllib.parse import unquote

LAST_FOUR = 4
SECRET = re.compile(
    r"edns_(?:live|test)_[A-Za-z0-9]{8,}|ednsmcp_[\w-]{8,}", re.ASCII
)  # EdgeDNS's own format and that of our tokens, cut copies included
LONG_TOKEN = re.compile(
    r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w+/=-]{24,}", re.ASCII
)  # what a secret of any vendor looks like
# Every alternative has a fixed start and a bounded look ahead, and needs nothing behind its end: on a line made to
# hurt, a search costs no more than on any other of its length.
VENDORS = re.compile(
    SECRET.pattern + r"|(?<![A-Za-z0-9])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}"  # Stripe
    r"|gh[opsru]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|sk-[A-Za-z0-9]{32,}|sk-(?:proj|ant|svcacct|admin)-(?=[\w-]{0,30}[A-Z])[\w-]{20,}"  # OpenAI, Anthropic
    r"|xox[a-z]-\d[\w-]{10,}|xapp-\d-[\w-]{10,}"  # Slack
    r"|hooks\.slack\.com/[a-z]+/[\w/-]{10,}|discord(?:app)?\.com/api/webhooks/[\w/-]{10,}"  # whose path is the secret
    r"|AIza[\w-]{35,}|npm_[A-Za-z0-9]{36,}|hf_[A-Za-z0-9]{30,}|SG\.[\w-]{22}[\w.-]*"  # Google, npm, HF, SendGrid
    r"|eyJ[\w-]{17}[\w.-]*"  # JWT, and any other JSON in base64
    r"|(?<=://)[^\s/:@?#]{0,64}:[^\s/@?#]{1,128}(?=@)"  # user and password of an address
    r")",
    re.ASCII,
)
# HTTP schemes; "Basic plan" is a name, "Basic dXNlcjpwYXNz" is not.
SCHEMES = re.compile(
    r"(?<![A-Za-z0-9])(?:(?i:bearer)\s+\S{8,}"
    r"|(?i:basic)\s+(?=[A-Za-z0-9+/=]{0,80}(?:\d|[a-z][A-Z]|=))[A-Za-z0-9+/]{6}\S*)",
    re.ASCII,
)
SCHEME_AND_TOKEN = re.compile(r"(?<![A-Za-z0-9])((?:bearer|basic)\s+)[^\s\"',;]{6,}", re.ASCII | re.IGNORECASE)
IN_A_QUERY = re.compile(
    r"([?&](?:[a-z]{1,16}[_-])?(?:key|token|secret|password|sig|signature)=)[^&\s\"']+", re.ASCII | re.IGNORECASE
)
MIXED = re.compile(r"[A-Za-z0-9+/]{32,}")
# One of them is in each of those; texts are searched for faster than patterns.
SIGNS = (
    "edns", "_live_", "_test_", "whsec_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "AKIA",
    "ASIA", "sk-", "xox", "xapp-", "hooks.", ".com/api/", "AIza", "npm_", "hf_", "SG.", "eyJ", "://", "earer", "EARER",
    "asic", "ASIC",
)  # fmt: skip


def holds_secret(text: str) -> bool:
    """Tell whether a text contains what looks like a credential: a vendor's, an HTTP scheme's, a long mixed token."""
    return bool(VENDORS.search(text) or SCHEMES.search(text)) or any(map(_is_mixed, MIXED.findall(text)))


def cut(text: str) -> str:
    """Cut every vendor's credential in a text that is shown to its last four characters, a password to none."""
    if not any(map(text.__contains__, SIGNS)):  # of ten thousand names none has one
        return text
    return SCHEMES.sub(_last_four, VENDORS.sub(_last_four, text))


def without_secrets(path: str) -> str:
    """Take vendors' credentials out of a path; a long token may be a name there, and paths stay exact."""
    return SCHEMES.sub("{secret}", VENDORS.sub("{secret}", path))


def redacted(line: str) -> str:
    """Take everything that looks like a credential out of a line that is kept to be looked at, or logged."""
    if "%" in line and VENDORS.search(plain := unquote(line)):  # an address within an address
        line = plain
    line = IN_A_QUERY.sub(r"\1{secret}", SCHEME_AND_TOKEN.sub(r"\1{secret}", VENDORS.sub("{secret}", line)))
    return MIXED.sub(lambda found: "{secret}" if _is_mixed(found[0]) else found[0], line)


def _last_four(found: re.Match[str]) -> str:
    return "..." if ":" in found[0] else f"...{found[0][-LAST_FOUR:]}"


def _is_mixed(token: str) -> bool:
    """Tell whether a token has small and capital letters and digits, as no hex digest has."""
    return token != token.lower() and token != token.upper() and any(char.isdigit() for char in token)
