"""Closed months, corrections and files as a client of the tool sees them; nothing is closed from there."""

import asyncio

import pytest
from charged_usage import a_use, add, an_owner, desk_at
from mcp import Client
from test_tools import as_text, leaves, plain

from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.closing import close_period

KEYS = [an_owner(f"key_{number}", team=f"team-{number % 3}", cost_center="CC") for number in range(30)]
USE = [a_use(f"2026-{month}-05", 10 + number, f"key_{number}") for month in (10, 11) for number in range(30)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A database whose October was closed before some of its usage arrived."""
    path = tmp_path_factory.mktemp("closed") / "usage.db"
    add(path, USE, KEYS)
    with desk_at(path) as desk:
        asyncio.run(close_period(desk, ChargebackQuery(period="2026-10", amount="1200.00")))
    add(path, [a_use("2026-10-07", 100, "key_3"), a_use("2026-10-07", 5, "")])
    return path


@pytest.mark.parametrize("group_by", ["team", "key", "cost_center", "environment"])
@pytest.mark.parametrize("layout", ["table", "csv", "focus"])
@pytest.mark.parametrize(
    "asked",
    [{"period": "2026-10"}, {"period": "2026-10", "amount": "7"}, {"period": "2026-11", "amount": "9"}],
    ids=["closed", "other terms", "corrections"],
)
async def test_every_value_of_the_structure_stands_in_the_text(path, asked, layout, group_by):
    with desk_at(path) as desk:
        async with Client(build_server(desk)) as client:
            question = {**asked, "group_by": group_by, "format": layout, "limit": 20}
            result = await client.call_tool("chargeback_report", question)
            (block,), structure = result.content, result.structured_content
        assert len(await desk.ask(lambda view: view.closings().periods(), desk.window("2026-10", "", ""))) == 1
    words = plain(block.text)
    assert words.startswith(plain(structure["summary"]))
    assert [value for value in leaves(structure) if plain(as_text(value)) not in words] == []
    assert (structure["closed_at"] is not None) == (asked == {"period": "2026-10"})
    assert bool(structure["corrections"]) == (asked["period"] == "2026-11")
