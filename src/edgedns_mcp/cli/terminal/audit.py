"""A key audit: what to do, ranked, each with its evidence, one step and its risk."""

from rich.console import Group, RenderableType
from rich.text import Text

from edgedns_mcp.cli.terminal.drawing import OF_WEIGHT, beside, count, facts, indented, page, percent
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import AuditItem, AuditReport, LimitProposal
from edgedns_mcp.render.audit import audit_words, beside_items
from edgedns_mcp.render.phrases import figure, plain


def audit_picture(answer: AuditReport, width: int) -> Group:
    """Draw what is to be done, the most urgent first."""
    del width  # blocks of sentences wrap by themselves
    asked = f"filters {answer.filters}; dormant_days {answer.dormant_days}"
    below = beside(answer, asked, beside_items(answer), answer.next_cursor)
    return page(answer.summary, *(_block(item) for item in answer.items), below)


def _block(item: AuditItem) -> RenderableType:
    weight = (item.urgency, f"bold {OF_WEIGHT[item.urgency]}")
    who = f" ({item.key_id}, {item.environment}, team {item.team})"
    head = Text.assemble(weight, f": {item.action} ", (item.name, "bold"), who)
    told: dict[str, str | Text] = {
        "Why": plain(item.evidence),
        "Do": plain(item.next_step),
        "Risk": plain(item.risk),
        "Use": Text(_use(item), style="dim"),
    }
    if item.proposal:
        told["Limit"] = Text(_limit(item.proposal), style="dim")
    return Group(head, indented(facts(told)))


def _use(item: AuditItem) -> str:
    return (
        f"{count(item.request_count)} requests ({percent(item.share_percent)} of all), errors "
        f"{percent(item.error_percent)}, last activity {figure(item.last_activity)}; effort {item.effort}"
    )


def _limit(one: LimitProposal) -> str:
    return (
        f"{count(one.limit_count)} per {one.per}; would have blocked {count(one.blocked)} of {count(one.tested)}; "
        f"month {count(one.monthly_budget)}"
    )


AUDIT = Face(audit_words, audit_picture)
