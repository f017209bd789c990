"""Tokens of the MCP server: how they look, what is kept of them, and whom they open the door to."""

from hashlib import sha256
from typing import NamedTuple

from edgedns_mcp.domain.bearer_tokens import digest_of, holder_of, new_token


class Holder(NamedTuple):
    name: str
    digest: bytes


def test_a_token_is_its_beginning_and_256_bits():
    assert new_token(lambda size: b"\xff" * size) == "ednsmcp_" + "_" * 42 + "8"


def test_only_a_digest_is_kept():
    assert digest_of("ednsmcp_a") == sha256(b"ednsmcp_a").digest()
    assert digest_of("\ud800") == sha256(b"\xed\xa0\x80").digest()


def test_a_token_opens_what_has_its_digest():
    known = [Holder("first", digest_of("a")), Holder("second", digest_of("b")), Holder("again", digest_of("b"))]
    assert [holder_of(token, known) for token in ("a", "b", "c")] == [known[0], known[1], None]
