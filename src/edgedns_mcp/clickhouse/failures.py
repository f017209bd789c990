"""What ClickHouse and the way to it refuse, in sentences of ours."""

import ssl

from edgedns_mcp.errors import (
    ConfigurationError,
    RefusedError,
    SourceError,
    StoreError,
    UnavailableError,
    UsageError,
    causes,
)

INSTALL = "Install edgedns-mcp[clickhouse] to use this source."
# The numbers of ClickHouse's own list of errors.
TIMED_OUT = {159, 160}
WRONG_USER = {192, 193, 194, 516}
NOT_ALLOWED = {164, 497}
NO_DATABASE = {81}
NO_TABLE = {60}
NO_COLUMN = {8, 10, 16, 47}
OUT_OF_MEMORY = {241}
# Another replica may answer: this one is busy, stopping, read-only, behind, or lost its way to the others.
OF_ONE_REPLICA = {202, 203, 209, 210, 236, 242, 279, 285, 286, 289, 394, 999}


class Lost(Exception):  # noqa: N818 - it is caught where another replica is asked, and never told
    """This host gave no whole answer; another one may."""


def may_another(code: int | None) -> bool:
    """Tell whether another replica may answer; without a number the way to this one failed."""
    return code is None or code in OF_ONE_REPLICA or code in TIMED_OUT


def refused(code: int | None, name: str | None, where: str) -> UsageError:
    """Word what ClickHouse said; its own words, which may hold SQL, are never passed on."""
    if code in WRONG_USER:
        return RefusedError(f"ClickHouse at {where} refuses this user or password. Check EDGEDNS_CLICKHOUSE_URL.")
    if code in NOT_ALLOWED:
        return RefusedError(
            f"ClickHouse at {where} does not let this user do that; grant what docs/scale.md lists, and ask again."
        )
    if code in NO_DATABASE or code in NO_TABLE:
        return incomplete(where)
    if code in NO_COLUMN:
        return StoreError(
            f"Tables in ClickHouse at {where} are not those of this program; run edgedns-mcp clickhouse migrate."
        )
    if code in OUT_OF_MEMORY:
        return UnavailableError(
            f"Memory is too short in ClickHouse at {where}; ask for a shorter period, or again later."
        )
    return SourceError(f"ClickHouse at {where} failed ({name or code}); look into its log, and ask again.")


def is_untrusted(exc: BaseException) -> bool:
    """Tell whether a certificate that is not trusted here is behind a failure."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(exc))


def untrusted(where: str) -> RefusedError:
    """Say that nothing was sent, because of the certificate."""
    return RefusedError(
        f"The certificate of ClickHouse at {where} is not trusted here, so nothing was sent; point SSL_CERT_FILE at a "
        "file with your organisation's certificates."
    )


def incomplete(where: str) -> StoreError:
    """Say that tables are missing."""
    return StoreError(f"ClickHouse at {where} lacks tables of ours; run edgedns-mcp clickhouse init.")


def unreachable(where: str) -> UnavailableError:
    """Say that no host gave an answer."""
    return UnavailableError(
        f"ClickHouse gave no answer at {where}; check that it runs, and EDGEDNS_CLICKHOUSE_URL, and ask again."
    )


def too_late(patience_s: float, where: str) -> UnavailableError:
    """Say that the time for an answer is over."""
    return UnavailableError(
        f"ClickHouse at {where} did not answer within {patience_s:g} seconds and was told to stop; ask for a shorter "
        "period, or again in a few seconds."
    )


def absent() -> ConfigurationError:
    """Say that the optional part is not installed."""
    return ConfigurationError(INSTALL)
