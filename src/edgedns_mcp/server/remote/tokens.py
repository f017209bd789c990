"""The door for those who hold a token that was made here."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from edgedns_mcp.domain.bearer_tokens import holder_of
from edgedns_mcp.domain.credentials import bearer_of
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.render.phrases import instant
from edgedns_mcp.server.remote import refusals
from edgedns_mcp.server.remote.callers import Caller
from edgedns_mcp.server.remote.refusals import Refusal
from edgedns_mcp.sources.tokens_file import Token, TokensFile

LOG = logging.getLogger("edgedns_mcp.door")
LOOK_AGAIN_S = 30.0


class TokenDoor:
    """Lets in whoever holds one of the tokens of a file."""

    steps_up = False

    def __init__(self, file: TokensFile, tenants: Collection[str], now: Callable[[], datetime]) -> None:
        """Take the file, the names of the organisations, none where there is one alone, and a clock.

        Raises:
            ConfigurationError: the file is wrong already.
        """
        self._file = file
        self._tenants = tenants
        self._now = now
        self._trouble = ""
        file.read()

    async def admit(self, sent: Sequence[str]) -> Caller:
        token = bearer_of(sent)
        if not token:
            raise _stranger("Send the token that you were given, as the header Authorization: Bearer and the token.")
        found = holder_of(token, self._known())
        if found is None:
            raise _stranger("This token is not known here, or was revoked; ask who runs this server for another one.")
        if found.expires and found.has_expired(self._now()):
            raise _stranger(
                f"This token expired at {instant(found.expires)}; ask who runs this server for another one."
            )
        if self._tenants and not found.tenant:
            raise refusals.no_organisation()
        return Caller(found.name, ("token", found.name), frozenset(found.scopes), found.tenant)

    def lacking(self, scope: str) -> Refusal:
        return Refusal(
            403, f"This token lacks the scope {scope}; ask who runs this server for one that has it.", scope=scope
        )

    async def aclose(self) -> None:
        """Hold nothing."""

    def _known(self) -> Sequence[Token]:
        try:
            known = self._file.read()
        except ConfigurationError as exc:
            self._tell(str(exc))
            raise refusals.unjudged(LOOK_AGAIN_S) from exc
        self._tell("")
        return known

    def _tell(self, trouble: str) -> None:
        """Log once what is wrong with the file, and that nothing is any more."""
        if trouble != self._trouble:
            self._trouble = trouble
            fields = {"why": trouble}
            if trouble:
                LOG.error("nobody is let in", extra={"fields": fields})
            else:
                LOG.warning("the tokens file is right again")


def _stranger(sentence: str) -> Refusal:
    return Refusal(401, sentence, headers={"WWW-Authenticate": "Bearer"})
