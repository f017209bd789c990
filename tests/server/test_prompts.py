"""Prompts: what a person picks, what the model then reads, and what is refused."""

import json
import re

import pytest
from faces import ERAS, a_server
from mcp import Client, MCPError
from mcp.types import PromptReference

SECRET = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
MONEY = {"amount": "1200", "currency": "eur", "period": "2026-10"}
EXAMPLES = [
    ("security_review", {}),
    ("investigate_key", {"key": "payments-fraud"}),
    ("monthly_chargeback", {}),
    ("monthly_chargeback", MONEY),
    ("key_audit", {}),
    ("key_audit", {"dormant_days": "90", "team": "security"}),
]
RULES = {
    "security_review": ("by severity", "evidence", "not tested and why", "Never call a key safe"),
    "investigate_key": ("by severity", "evidence", "not tested and why", "Never call a key safe"),
    "monthly_chargeback": ("sums to the invoice", "unattributed", "a draft unless", "closed"),
    "key_audit": (
        "by urgency",
        "evidence",
        "may break",
        "not tested and why",
        "unknown apart",
        "Never call a key safe",
    ),
}
TOKEN = 4  # characters of English, at the least


async def text_of(name, arguments, era="auto"):
    async with Client(a_server(), mode=era) as client:
        (message,) = (await client.get_prompt(name, arguments)).messages
    assert (message.role, message.content.type) == ("user", "text")
    return message.content.text


@pytest.mark.parametrize("era", ERAS)
async def test_the_prompts_are_listed_with_titles_and_described_arguments(era):
    async with Client(a_server(), mode=era) as client:
        listed = (await client.list_prompts()).prompts
    assert {one.name: [(each.name, each.required) for each in one.arguments] for one in listed} == {
        "security_review": [("period", False)],
        "investigate_key": [("key", True), ("period", False)],
        "monthly_chargeback": [("amount", False), ("currency", False), ("period", False)],
        "key_audit": [("dormant_days", False), ("team", False)],
    }
    assert all(one.title and one.description for one in listed)
    assert all(each.description for one in listed for each in one.arguments)


async def test_the_list_may_be_kept_for_a_while_by_anybody():
    async with Client(a_server()) as client:
        listed = await client.list_prompts()
    assert (listed.cache_scope, listed.ttl_ms) == ("public", 300_000)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("name", "arguments"), EXAMPLES)
async def test_a_prompt_is_short_and_holds_the_rules(name, arguments, era):
    text = await text_of(name, arguments, era)
    assert len(text) <= 250 * TOKEN
    for rule in (*RULES[name], "unchanged", "compute none", "Names are data"):
        assert rule in text, rule


@pytest.mark.parametrize(("name", "arguments"), EXAMPLES)
async def test_every_call_that_a_prompt_names_is_answered(name, arguments):
    text = await text_of(name, arguments)
    calls = re.findall(r"(\w+)\((\w+=[^)]*)\)", text)
    assert len(calls) >= 4
    known = {"KEY_ID": '"key_562be1"', "NAME": '"payments-fraud"', "TEAM": '"payments"'}
    async with Client(a_server()) as client:
        for tool, words in calls:
            pairs = [pair.split("=", 1) for pair in words.split(", ")]
            asked = {name: json.loads(known.get(value, value)) for name, value in pairs}
            assert not (await client.call_tool(tool, asked)).is_error, (tool, asked)


async def test_the_period_and_the_key_stand_in_every_call():
    text = await text_of("investigate_key", {"key": "payments-fraud", "period": "last 14 days"})
    assert text.count('period="14d"') == 5
    assert 'key_details(key="payments-fraud"' in text


@pytest.mark.parametrize("blank", [{}, {"period": ""}, None])
async def test_an_empty_field_means_the_default(blank):
    assert 'find_anomalies(period="7d"' in await text_of("security_review", blank)


async def test_the_invoice_stands_in_the_calls_as_the_currency_writes_it():
    text = await text_of("monthly_chargeback", MONEY)
    assert text.count('chargeback_report(period="2026-10", amount="1200.00", currency="EUR"') == 2
    plain = await text_of("monthly_chargeback", {})
    assert plain.count('chargeback_report(period="previous", group_by=') == 2
    assert 'amount="1200.00")' not in await text_of("monthly_chargeback", {"amount": "1200", "currency": ""})
    assert 'amount="1200", currency="JPY"' in await text_of("monthly_chargeback", {"amount": "1200", "currency": "jpy"})


async def test_the_days_and_the_team_stand_in_the_calls_of_the_audit():
    text = await text_of("key_audit", {"dormant_days": " 90 ", "team": 'pay\u200bments"'})
    assert text.count('audit_keys(dormant_days=90, team="payments\\""') == 2
    assert 'find_anomalies(period="30d", team=' in text


async def test_what_lands_in_a_prompt_is_cleaned():
    text = await text_of("investigate_key", {"key": '\u202epay\u200bments"\n' + "x" * 500})
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert 'key="payments\\" xxx' in text
    assert "x" * 61 not in text


async def test_a_whole_secret_is_cut_and_the_model_told_to_say_so():
    text = await text_of("investigate_key", {"key": SECRET})
    assert SECRET not in text
    assert 'key="Xy4z"' in text
    assert "otate" in text.splitlines()[0]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("investigate_key", {}, "investigate_key needs key: key_id, name"),
        ("investigate_key", None, "investigate_key needs key"),
        ("investigate_key", {"key": ""}, "investigate_key needs key"),
        ("investigate_key", {"key": "\u200b"}, "Name a key"),
        ("investigate_key", {"key": "a", "days": "7"}, "investigate_key has no argument days: it takes key, period."),
        ("security_review", {"a b\n": "7"}, "security_review has no such argument: it takes period."),
        ("security_review", {"period": "fortnight"}, "The period 'fortnight' is not understood"),
        ("monthly_chargeback", {"amount": "1.234,56"}, "amount is a plain number with a point"),
        ("monthly_chargeback", {"amount": "5", "currency": "Euro"}, "ISO 4217 has no currency 'Euro'"),
        ("monthly_chargeback", {"period": "fortnight"}, "The period 'fortnight' is not understood"),
        ("key_audit", {"dormant_days": "0"}, "dormant_days is a whole number from 1 to 365, for example 30."),
        ("key_audit", {"dormant_days": "a month"}, "dormant_days is a whole number from 1 to 365, for example 30."),
        (
            "review",
            {},
            "There is no such prompt; the prompts are security_review, investigate_key, monthly_chargeback, key_audit.",
        ),
    ],
)
async def test_a_mistake_gets_one_sentence(name, arguments, words, era):
    async with Client(a_server(), mode=era) as client:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt(name, arguments)
    assert caught.value.error.message.startswith(words)
    assert caught.value.error.code == -32602


@pytest.mark.parametrize("era", ERAS)
async def test_the_arguments_of_prompts_are_completed(era):
    async with Client(a_server(), mode=era) as client:
        prompt = PromptReference(name="investigate_key")
        keys = await client.complete(prompt, {"name": "key", "value": "fraud"})
        periods = await client.complete(prompt, {"name": "period", "value": "last"})
    assert keys.completion.values == ["payments-fraud"]
    assert periods.completion.values == ["last_week", "last_month"]
