"""What was asked of an import, and what its content says where nothing was asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from edgedns_mcp.errors import IntakeError, QuestionError
from edgedns_mcp.intake.alike import REMEMBERED, Alike
from edgedns_mcp.intake.chunks import BOM
from edgedns_mcp.intake.fields import Unreadable
from edgedns_mcp.intake.folding import Folding
from edgedns_mcp.intake.hours import Places
from edgedns_mcp.intake.logs import USUAL, Format, Kind, Reader, reader
from edgedns_mcp.intake.presets import NEEDS_KEY, Preset
from edgedns_mcp.intake.records import COMBINED, Columns, Layout, json_object
from edgedns_mcp.intake.shapes import shape_of
from edgedns_mcp.store.exporting import COUNTS as EXPORTED

SNIFFED_LINES = 100
MOST_SHAPES = 6


class Plan(NamedTuple):
    """What was asked."""

    log_format: Format = "auto"
    mapping: tuple[str, ...] = ()
    preset: Preset | None = None
    fold: tuple[str, ...] = ()
    strict: bool = False
    account: str = ""


@dataclass
class Reading:
    """How a content is read, and the shapes of lines that were learnt on the way."""

    reader: Reader
    folding: Folding | None
    alike: list[Alike] = field(default_factory=list[Alike])
    places: Places = field(default_factory=Places)

    def learn(self, line: str) -> Alike | None:
        """Learn the shape of a line; None where it has none, or enough were learnt."""
        shape = shape_of(self.reader, line) if len(self.alike) < MOST_SHAPES else None
        if shape is None:
            return None
        self.alike.append(Alike(shape, self.folding))
        return self.alike[-1]

    def known_places(self) -> Places:
        """Give the places that were numbered so far; where they became too many, begin anew."""
        if len(self.places) >= REMEMBERED:
            self.places = Places()
        return self.places

    @property
    def options(self) -> str:
        """Write all that decides what the content means, the same for options that mean the same."""
        return " ".join([self.reader.options, *([self.folding.options] if self.folding else [])])


def reading_of(plan: Plan, content: bytes) -> Reading:
    """Decide how a content is read by its beginning.

    Raises:
        IntakeError: it has no format that is known, or what was asked does not fit it.
        QuestionError: a --map or --fold is none, or one is missing.
    """
    lines = list(_lines(content))
    layout = _layout(plan, lines)
    columns = _columns(lines[0]) if layout == "csv" and lines else None
    kind = _kind(plan, layout, lines, columns)
    return planned(plan, layout, kind, columns)


def planned(plan: Plan, layout: Layout, kind: Kind, columns: Columns | None = None) -> Reading:
    """Give the reading of a layout and a kind.

    Raises:
        IntakeError: the content is none that the preset reads.
        QuestionError: a --map or --fold is none, or one is missing.
    """
    if plan.preset and (layout != "ndjson" or kind != "log"):
        raise IntakeError(f"The preset {plan.preset} reads JSON logs, one object a line; this content is none.")
    if plan.preset == "cloudflare-logpush" and not any(pair.startswith("key_id=") for pair in plan.mapping):
        raise QuestionError(NEEDS_KEY)
    read = reader(layout, plan.mapping, kind=kind, columns=columns, preset=plan.preset or "")
    return Reading(read, Folding(plan.fold) if plan.fold else None)


def kind_of(plan: Plan, names: set[str]) -> Kind:
    """Tell a log from counts and counters by the names of its fields, mapped ones included."""
    if plan.log_format in ("counts", "counters"):
        return plan.log_format
    mapped = {pair.split("=", 1)[0] for pair in plan.mapping}
    names = names | mapped
    if plan.preset or "timestamp" in mapped or "status" in mapped:
        return "log"
    if "total_requests" in names:
        return "counters"
    return "counts" if "requests" in names and names & {"date", "hour", "start"} else "log"


def _lines(content: bytes) -> Iterator[str]:
    found = (raw for raw in content.removeprefix(BOM).split(b"\n", SNIFFED_LINES) if raw.strip())
    return (raw.decode(errors="replace") for raw in islice(found, SNIFFED_LINES))


def _layout(plan: Plan, lines: list[str]) -> Layout:
    if plan.preset and plan.log_format == "auto":
        return "ndjson"
    if plan.log_format in ("combined", "ndjson", "csv"):
        return plan.log_format
    if plan.log_format == "parquet":
        return "ndjson"  # its rows come as such
    if any(line.lstrip().startswith("{") for line in lines):
        return "ndjson"
    if plan.log_format == "auto" and any(COMBINED.match(line) for line in lines):
        return "combined"
    return "csv"


def _columns(header: str) -> Columns:
    try:
        return Columns(header)
    except Unreadable as exc:
        raise IntakeError(f"The first line is no header of CSV ({exc}); check --format.") from exc


def _kind(plan: Plan, layout: Layout, lines: list[str], columns: Columns | None) -> Kind:
    if columns and tuple(columns.names) == EXPORTED and plan.log_format in ("auto", "counts") and not plan.mapping:
        return "export"
    if columns:
        kind = kind_of(plan, set(columns.names))
        _refuse_foreign(plan, kind, columns)
        return kind
    if layout == "combined" or plan.log_format == "ndjson":
        return "log"
    return kind_of(plan, next(_objects(lines), set[str]()))


def _objects(lines: list[str]) -> Iterator[set[str]]:
    for line in lines:
        try:
            yield set(json_object(line))
        except Unreadable:
            continue


def _refuse_foreign(plan: Plan, kind: Kind, columns: Columns) -> None:
    known = {name for paths in USUAL[kind].values() for name in paths}
    if plan.mapping or plan.log_format != "auto" or known & set(columns.names):
        return
    raise IntakeError(
        "The format of this content is not recognised: its lines are neither JSON objects nor of the combined format, "
        "and its first line names no column of a log, counts or counters; say what it is with --format and --map."
    )
