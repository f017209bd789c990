"""Figures that files of counts stated: repeated they do not add, and two that contradict each other are not kept."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from edgedns_mcp.models import Cell
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import find_endpoints
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.sheets import ENVIRONMENTS

Refused: TypeAlias = "list[tuple[int, str]]"  # line, why
Name = tuple[int, int, int]  # key_no, endpoint_no, environment
Figures = tuple[int, int]  # requests, errors
OTHER_FIGURES = "other figures than stated before"
OVERLAPS = "figures of a time that overlaps one stated before"
MIXED = "a total beside figures of single endpoints"
TOTAL = ""  # the endpoint of a figure that is over all of them


def state(account: Account, lines: Sequence[tuple[int, Cell]]) -> tuple[list[Cell], Refused]:
    """Keep what lines state, by line number; give what is new of it, and which lines contradict what is known."""
    if not lines:
        return [], []
    keys = find_keys(account, {cell.key_id for _, cell in lines})
    paths = find_endpoints(account.tx, {TOTAL, *(cell.endpoint for _, cell in lines)})
    span = min(cell.start for _, cell in lines), max(cell.end for _, cell in lines)
    known = _Known(account, {keys[cell.key_id] for _, cell in lines}, span, paths[TOTAL])
    new: list[Cell] = []
    refused: Refused = []
    for line, cell in lines:
        name = keys[cell.key_id], paths[cell.endpoint], ENVIRONMENTS[cell.environment]
        why = known.objection(name, cell)
        if why:
            refused.append((line, why))
        elif known.add(name, cell):
            new.append(cell)
    account.tx.many(
        "INSERT INTO stated(key_no, endpoint_no, environment, start, end, requests, errors) "
        "VALUES(?, ?, ?, ?, ?, ?, ?)",
        ((keys[one.key_id], paths[one.endpoint], ENVIRONMENTS[one.environment], *_figures(one)) for one in new),
    )
    return new, refused


def _figures(cell: Cell) -> tuple[int, int, int, int]:
    return cell.start, cell.end, cell.requests, cell.errors


class _Known:
    """What was stated of some keys around some time."""

    def __init__(self, account: Account, keys: Iterable[int], span: tuple[int, int], total_no: int) -> None:
        self._total_no = total_no
        self._figures: dict[tuple[Name, int, int], Figures] = {}
        self._spans: dict[Name, list[tuple[int, int]]] = defaultdict(list)
        self._names: dict[int, set[Name]] = defaultdict(set)
        asked = """
            SELECT endpoint_no, environment, start, end, requests, errors FROM stated
            WHERE key_no = ? AND start < ? AND end > ? ORDER BY start
        """
        for key_no in keys:
            for endpoint_no, environment, start, end, *figures in account.tx.rows(asked, (key_no, span[1], span[0])):
                self._keep((key_no, endpoint_no, environment), (start, end), (figures[0], figures[1]))

    def objection(self, name: Name, cell: Cell) -> str:
        """Say why a statement cannot stand beside those that are known; nothing where it can."""
        figures = self._figures.get((name, cell.start, cell.end))
        if figures is not None:
            return "" if figures == (cell.requests, cell.errors) else OTHER_FIGURES
        if self._overlaps(name, cell):
            return OVERLAPS
        is_total = name[1] == self._total_no
        others = (one for one in self._names[name[0]] if (one[1] == self._total_no) != is_total)
        return MIXED if any(self._overlaps(one, cell) for one in others) else ""

    def add(self, name: Name, cell: Cell) -> bool:
        """Keep a statement; tell whether it is new."""
        if (name, cell.start, cell.end) in self._figures:
            return False
        self._keep(name, (cell.start, cell.end), (cell.requests, cell.errors))
        return True

    def _keep(self, name: Name, span: tuple[int, int], figures: Figures) -> None:
        self._figures[name, span[0], span[1]] = figures
        insort(self._spans[name], span)
        self._names[name[0]].add(name)

    def _overlaps(self, name: Name, cell: Cell) -> bool:
        """Look at the neighbours: the spans of one name do not overlap each other."""
        spans = self._spans[name]
        at = bisect_left(spans, (cell.start, cell.start))
        return any(start < cell.end and end > cell.start for start, end in spans[max(at - 1, 0) : at + 1])
