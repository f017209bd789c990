"""The command audit: the tool's answer, every thing to do, and wrong use."""

import asyncio
import json

from faces import NOW, a_desk, command

from edgedns_mcp.models import EVERY_ITEM, AuditQuery
from edgedns_mcp.render.audit import audit_words
from edgedns_mcp.service.audit import audit_keys

DEMO = ("audit", "--source", "demo", "--as-of", NOW)


def answer(**query):
    return asyncio.run(audit_keys(a_desk(), AuditQuery(**query), fits_a_host=False))


def test_json_is_exactly_the_tools_structured_result_with_every_thing_to_do():
    done = command(*DEMO, "--json")
    whole = answer(limit=EVERY_ITEM)
    assert json.loads(done.stdout) == whole.model_dump(mode="json")
    assert len(whole.items) == whole.item_count > 10


def test_it_prints_the_tools_words_and_pages_where_asked():
    first = command(*DEMO, "--limit", "2", "--action", "rotate")
    assert first.stdout == audit_words(answer(limit=2, action="rotate")) + "\n"
    cursor = first.stdout.rsplit("cursor=", 1)[1].strip()
    second = command(*DEMO, "--limit", "2", "--cursor", cursor)
    assert ", from place 3 on: " in second.stdout.split("\n", 1)[0]


def test_wrong_use_exits_with_2():
    for more in (("--action", "delete"), ("--dormant-days", "0"), ("--cursor", "x"), ("--team", "nobody")):
        done = command(*DEMO, *more)
        assert (done.returncode, done.stdout) == (2, ""), more
