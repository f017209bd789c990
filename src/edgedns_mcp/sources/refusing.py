"""The source of a server that is configured wrongly: it starts, and answers every question with the reason."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import Window
from edgedns_mcp.sources.base import Answered, UsageView


class RefusingSource:
    """Refuses, and says which setting to mend."""

    def __init__(self, reason: ConfigurationError) -> None:
        self._reason = str(reason)

    async def read(self, question: Callable[[UsageView], Answered], windows: Sequence[Window]) -> NoReturn:
        del question, windows
        raise ConfigurationError(self._reason)

    async def health(self) -> NoReturn:
        raise ConfigurationError(self._reason)

    async def aclose(self) -> None:
        """Nothing is open."""
