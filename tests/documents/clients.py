"""What docs/clients.md says of each client that `install` knows: where its file lies, and the block in it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from documents.blocks import blocks
from pages import ROOT

from edgedns_mcp.cli.connect.clients import CLIENTS, ClientName

TEXT = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
COMMAND, KEY_FILE = "/path/to/edgedns-mcp", "/path/to/api_key"
AS_IT_IS = "the block of [Claude Desktop](#claude-desktop), as it is"
SYSTEMS = {"macOS": "darwin", "Windows": "win32", "Linux": "linux"}


class Section(NamedTuple):
    """What one client's section says."""

    places: Mapping[str, str]  # of the file, by system
    block: str


def sections() -> Mapping[ClientName, Section]:
    chapters = dict(part.split("\n", 1) for part in TEXT.split("\n## ")[1:])
    return {name: _section(chapters[client.title], chapters["Claude Desktop"]) for name, client in CLIENTS.items()}


def _section(text: str, of_desktop: str) -> Section:
    (block,) = blocks(of_desktop if AS_IT_IS in text else text)
    first, _, _ = text.partition("\n\n")
    by_system = {SYSTEMS[system]: place for place, system in re.findall(r"`([^`]+)` \((\w+)\)", first)}
    anywhere = re.search(r"`(~/[^`]+)`", text)
    return Section(by_system or dict.fromkeys(SYSTEMS.values(), anywhere[1] if anywhere else ""), block.text.rstrip())
