"""Paths with ids in them become one endpoint: /v1/zones/123 is /v1/zones/{id}."""

import re
from collections.abc import Sequence
from functools import lru_cache

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError

ID = "{id}"
BY_RULES = "ids"
REMEMBERED = 4096  # paths; logs repeat them
# A segment is an id if it is one of these as a whole. docs/import.md lists them, so that nobody is surprised.
IDS = re.compile(
    r"\d+"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # UUID
    r"|[0-9a-f]{16,}"
    r"|[0-7][0-9a-hjkmnp-tv-z]{25}"  # ULID
    r"|[^@\s]+@[^@\s]+\.[^@\s]+"  # e-mail address
    r"|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}",  # a token: letters and digits
    re.IGNORECASE | re.ASCII,
)


class Folding:
    """Folds paths: by the templates given, such as /v1/zones/*, else segment by segment where the rules are wanted."""

    def __init__(self, rules: Sequence[str]) -> None:
        """Take `ids` for the rules of this module, and templates.

        Raises:
            QuestionError: a rule is neither.
        """
        for rule in rules:
            if rule != BY_RULES and not (rule.startswith("/") and "*" in rule):
                raise QuestionError(
                    f"--fold '{visible(rule)}' is not understood; write --fold ids, or a path like /v1/zones/*."
                )
        self.options = " ".join(f"--fold {rule}" for rule in sorted(set(rules)))
        templates = sorted(set(rules) - {BY_RULES})
        self._templates = [(_pattern(template), template.replace("*", ID)) for template in templates]
        self._by_rules = BY_RULES in rules
        self.path = lru_cache(maxsize=REMEMBERED)(self._folded)

    def _folded(self, path: str) -> str:
        for pattern, folded in self._templates:
            if pattern.fullmatch(path):
                return folded
        if not self._by_rules:
            return path
        return "/".join(ID if IDS.fullmatch(segment) else segment for segment in path.split("/"))


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in template.split("*")))
