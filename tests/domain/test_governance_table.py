"""The table of docs/governance.md is the rules: every reason once, in their order, with their action and effort."""

import re
from pathlib import Path
from typing import get_args

from edgedns_mcp.domain.governance import todo
from edgedns_mcp.models import AuditReason

DOCS = Path(__file__).parents[2] / "docs" / "governance.md"
ROW = re.compile(r"^\| `(\w+)` \| .+ \| (\w+) \| (\w+) \| .+ \|$", re.MULTILINE)


def test_the_documented_table_is_the_one_in_force():
    rows = ROW.findall(DOCS.read_text(encoding="utf-8"))
    reasons = get_args(AuditReason)
    assert rows == [(reason, todo.ACTION_OF[reason], todo.EFFORT_OF[reason]) for reason in reasons]
