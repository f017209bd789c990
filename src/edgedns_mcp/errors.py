"""The tree of what can go wrong; every message is one sentence of ours that a model or a person can act on.

UsageError
├── QuestionError        the question cannot be asked like this: an argument, a period, a cursor
├── NoDataError          the question is fine, the data does not reach it
├── ConfigurationError   a setting, an optional part or a file is missing or wrong
├── SourceError          the source could not answer
│   ├── RefusedError     EdgeDNS refuses this key or this plan; asking again will not help
│   └── UnavailableError EdgeDNS cannot answer now; asking later may help
├── StoreError           the database cannot be opened, read or written
│   └── DamagedError     its file is not, or no longer, a readable database
├── IntakeError          a file cannot be imported
└── UntoldError          an address was not told of a finding: it cannot be reached, or takes no notice now
    ├── UnfitError       it does not take this notice; it may take another
    └── UncertainError   nobody knows whether it was told
"""

from collections.abc import Iterator


class UsageError(Exception):
    """Anything that a person should read; `str(error)` is the whole sentence."""


class QuestionError(UsageError):
    """The question cannot be asked like this."""


class NoDataError(UsageError):
    """The window lies outside the data."""


class ConfigurationError(UsageError):
    """A setting is missing or wrong."""


class SourceError(UsageError):
    """The source could not answer."""


class RefusedError(SourceError):
    """EdgeDNS refuses this key or this plan."""


class UnavailableError(SourceError):
    """EdgeDNS cannot answer now."""


class StoreError(UsageError):
    """The database cannot be opened, read or written."""


class DamagedError(StoreError):
    """The file is not, or no longer, a readable database."""


class IntakeError(UsageError):
    """A file cannot be imported."""


class UntoldError(UsageError):
    """An address was not told of a finding."""


class UnfitError(UntoldError):
    """The address does not take this notice."""


class UncertainError(UntoldError):
    """Nobody knows whether the address was told."""


def causes(exc: BaseException) -> Iterator[BaseException]:
    """Give a failure of a library and all that led to it."""
    yield exc
    attempts: tuple[BaseException, ...] = getattr(exc, "exceptions", ())  # one for each address of a host
    hidden = exc.__context__ if exc.__suppress_context__ else None  # httpcore raises `from None`
    carried = (getattr(exc, "reason", None), *exc.args)  # as urllib3 does
    for inner in (*attempts, exc.__cause__ or hidden, *carried):
        if isinstance(inner, BaseException):
            yield from causes(inner)
