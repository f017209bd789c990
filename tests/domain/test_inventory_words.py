"""What an inventory says of a key, over what EdgeDNS says of it."""

from domain_builders import a_key, utc

from edgedns_mcp.domain.described import described

TOLD = a_key(name="as EdgeDNS tells", environment="live", team="old", created_at=utc("2026-01-01"))


def test_a_key_that_no_inventory_names_stays_as_it_was():
    assert described(TOLD, None) is TOLD


def test_what_an_inventory_says_wins():
    said = a_key(
        name="ours", team="new", cost_center="cc-1", allowed_environments=("live",), created_at=utc("2026-02-01"),
        expires_at=utc("2027-01-01"), replaced_by="key_2", revoked_at=utc("2026-03-01"), environment="test",
    )  # fmt: skip
    assert described(TOLD, said) == said._replace(environment="live", revoked_at=None)


def test_what_an_inventory_leaves_out_says_nothing():
    assert described(TOLD, a_key(name="key_1", environment="unknown")) == TOLD


def test_an_environment_that_edgedns_does_not_tell_is_taken_from_the_inventory():
    assert described(TOLD._replace(environment="unknown"), a_key(environment="test")).environment == "test"
