"""What a person's inventory says of a key, over what EdgeDNS says of it."""

from edgedns_mcp.models import Key

FIELDS = ("team", "cost_center", "allowed_environments", "created_at", "expires_at", "replaced_by")


def described(key: Key, said: Key | None) -> Key:
    """Put the words of an inventory over those of EdgeDNS; an empty one says nothing.

    Whether a key is active, and whether it is live or test where EdgeDNS tells, EdgeDNS knows better.
    """
    if said is None:
        return key
    words = {field: value for field in FIELDS if (value := getattr(said, field))}
    if said.name != said.key_id:
        words["name"] = said.name
    if key.environment == "unknown":
        words["environment"] = said.environment
    return key._replace(**words)
