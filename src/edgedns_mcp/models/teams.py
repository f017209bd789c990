"""What `server_status` tells of teams: where each key has its own from, and what the lines of the teams file match."""

from pydantic import Field

from edgedns_mcp.models.facts import Count, Model


class TeamLineUse(Model):
    """A line of the teams file."""

    line: Count = Field(description="Its place in the file.")
    key: str = Field(description="The key_id, name or pattern that it stands for.")
    team: str
    cost_center: str
    allowed_environments: str
    keys: Count = Field(description="Known keys that take it.")


class TeamGuess(Model):
    """A key that is on no record."""

    key_id: str
    name: str
    team: str = Field(description="The first part of its name, or unassigned.")


class TeamsStatus(Model):
    """Where teams come from: the teams file, else the inventory, else the first part of the key's name."""

    file: str = Field(description="Empty where none is set.")
    error: str = Field(description="What is wrong with it; every question is answered with that.")
    lines: Count = Field(description="Of the file.")
    idle_lines: Count = Field(description="Lines that no key takes.")
    keys_by_file: Count
    keys_by_inventory: Count
    keys_by_name: Count
    keys_unassigned: Count
    listed_lines: tuple[TeamLineUse, ...] = Field(description="Those that no key takes first; not all of many.")
    listed_keys: tuple[TeamGuess, ...] = Field(description="Keys on no record, unassigned ones first; not all of many.")
