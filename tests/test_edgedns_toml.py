"""The file edgedns.toml: where it is looked for, what wins over it, and each sentence about what is wrong in it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from faces import command

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import SEVERITY, StandingTerms
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import load

DOCS = Path(__file__).parent.parent / "docs"
A_DAY = 'start = 2026-11-20\nend = 2026-11-20\nwhat = "load test"\n'
KNOWN_TABLES = "[[planned]], [severity], [chargeback], [[budget]], [http] and [[tenant]]"
KNOWN_KEYS = (
    "source, api_key_file, base_url, database, clickhouse_database, clickhouse_cluster, clickhouse_layout, "
    "clickhouse_keep_events, timezone, billing_day, send_period, account, as_of, record_every, "
    "currency, teams_file, monthly_quota, plan, keep_hours, log_level, "
    f"and the tables {KNOWN_TABLES}"
)
PLANNED_KEYS = "start, end, what, who"
BUDGET_KEYS = "who, requests, amount, unit_price, thresholds"
THRESHOLDS = "thresholds of [[budget]] is not valid; set it to percentages, such as [70, 80, 90, 100]."
SEVERITY_KEYS = (
    "spike, dormant, environment, error_burst, endpoint_shift, silence, budget, live, errors, long_sleep, bars"
)
A_START = "start of [[planned]] is not valid; set it to a day such as 2026-11-20, or a time such as 2026-11-20T08:00."
AN_END = (
    "end of [[planned]] is not valid; set it to a day such as 2026-11-20, the last one, "
    "or a time such as 2026-11-20T18:00."
)
BARS = (
    "bars of [severity] is not valid; set it to three rising numbers, "
    "from which on a finding is medium, high and critical."
)
POINTS = "live of [severity] is not valid; set it to a number from -100 to 100."
NO_TOML = 'this is not TOML; write key = value, each key once, a text in quotes, as in timezone = "Europe/Berlin".'
NO_SECRET = (
    "an API key does not belong in this file; take it out, and set EDGEDNS_API_KEY, "
    "or EDGEDNS_API_KEY_FILE to a file that holds it alone."
)
ENDS_FIRST = "this [[planned]] ends before it begins; set end to its last day, or to a time after start."
CHARGEBACK_KEYS = "method, group_by, unattributed, amount, amounts, fixed_fee, unit_price, shares, weights, tiers"
AN_AMOUNT = 'amount of [chargeback] is not valid; set it to a plain number in quotes, such as "1200.00".'
AMOUNTS = (
    'amounts of [chargeback] is not valid; set it to a table of months with plain numbers, such as 2026-10 = "1200.00".'
)
A_PRICE = 'a price of a request such as "0.0012", or "1.20/1000" for 1,000.'
SHARES_ARE = "a table of percentages that sum to 100, such as { payments = 60, growth = 40 }."
SHARES = f"shares of [chargeback] is not valid; set it to {SHARES_ARE}"
NO_HUNDRED = f"shares of [chargeback] sum to 99, not to 100; set them to {SHARES_ARE}"
WEIGHTS = (
    "weights of [chargeback] is not valid; set it to a table of endpoints with numbers from 0 on, "
    'such as "/v1/export" = 10.'
)
TIER = "[[chargeback.tiers]]\n"

WRONG = {
    # the file as such
    'timezone = "UTC"\nbilling_day = \n': f", line 2: {NO_TOML}",
    "timezone = UTC": f", line 1: {NO_TOML}",
    "billing_day = 1\nbilling_day = 2\n": f", line 2: {NO_TOML}",
    "x = [1, 2": f": {NO_TOML}",
    "x = " + "[" * 100_000: f": {NO_TOML}",
    "x = " + "1" * 5_000: f": {NO_TOML}",
    # keys and tables
    'api_key = "hunter2"': f", line 1: {NO_SECRET}",
    '\n# a remark\ntimezome = "UTC"': f", line 3: timezome is no key that is known; known are {KNOWN_KEYS}.",
    'config = "x"': f", line 1: config is no key that is known; known are {KNOWN_KEYS}.",
    'edns_live_Ab3dEf = "x"': f", line 1: this is no key that is known; known are {KNOWN_KEYS}.",
    '"\\u001b[2J" = "x"': f": this is no key that is known; known are {KNOWN_KEYS}.",
    'billing_day = 1\n[invoice]\namount = "1"': (
        f", line 2: invoice is no table that is known; known are {KNOWN_TABLES}."
    ),
    "[[teams]]\n": f": teams is no table that is known; known are {KNOWN_TABLES}.",
    # kinds of values
    "billing_day = 32": ", line 1: billing_day is not valid; set it to a number from 1 to 31.",
    'billing_day = "1"': ", line 1: billing_day is not valid; set it to a number from 1 to 31.",
    "billing_day = true": ", line 1: billing_day is not valid; set it to a number from 1 to 31.",
    "currency = 2": ", line 1: currency is not valid; set it to a code of ISO 4217 such as EUR.",
    "keep_hours = 1.5": (
        ", line 1: keep_hours is not valid; set it to a number of hours, such as 2160; 0 keeps every hour."
    ),
    "send_period = 1": ", line 1: send_period is not valid; set it to true or false.",
    "record_every = 3600": (
        ", line 1: record_every is not valid; set it to a duration such as 30m, 1h or 1d; 0 is never."
    ),
    "as_of = 15:00:00": ", line 1: as_of is not valid; set it to a time such as 2026-11-22T15:00:00Z.",
    'timezone = "hunter2"': ", line 1: timezone is not valid; set it to an IANA name such as UTC or Europe/Berlin.",
    "database = 1": ", line 1: database is not valid; set it to the path of a file.",
    'database = "a\\u0000b"': ", line 1: database is not valid; set it to the path of a file.",
    # planned times
    "planned = 1": f", line 1: planned is not valid; write it as [[planned]], and below it {PLANNED_KEYS}.",
    "[planned]\nstart = 1": f", line 1: planned is not valid; write it as [[planned]], and below it {PLANNED_KEYS}.",
    "planned = [1]": f", line 1: planned is not valid; write it as [[planned]], and below it {PLANNED_KEYS}.",
    'billing_day = 1\n[[planned]]\nend = 2026-11-20\nwhat = "load test"': (
        ", line 2: start is missing in this [[planned]]; "
        "set it to a day such as 2026-11-20, or a time such as 2026-11-20T08:00."
    ),
    "[[planned]]\nstart = 2026-11-20\nend = 2026-11-20": (
        ", line 1: what is missing in this [[planned]]; set it to a text of 1 to 100 characters."
    ),
    f"[[planned]]\n{A_DAY}why = 1": f", line 5: why is no key of [[planned]]; its keys are {PLANNED_KEYS}.",
    f"[[planned]]\n{A_DAY}\n[[planned]]\nstart = 2026-11-20\nend = 11:00:00\nwhat = 'x'": f", line 8: {AN_END}",
    f"[[planned]]\n{A_DAY}".replace("2026-11-20", '"hunter2"', 1): f", line 2: {A_START}",
    f"[[planned]]\n{A_DAY}".replace("2026-11-20", "0001-01-01", 1): f", line 2: {A_START}",
    f"[[planned]]\n{A_DAY}".replace("2026-11-20", "2026-11-21", 1): f", line 1: {ENDS_FIRST}",
    "[[planned]]\nstart = 2026-11-20T08:00:00\nend = 2026-11-20T08:00:00\nwhat = 'x'": f", line 1: {ENDS_FIRST}",
    f"[[planned]]\n{A_DAY}who = ' '": (
        ", line 5: who of [[planned]] is not valid; set it to a team or a key_id, or leave it out for every key."
    ),
    "[[planned]]\nstart = 2026-11-20\nend = 2026-11-20\nwhat = 1": (
        ", line 4: what of [[planned]] is not valid; set it to a text of 1 to 100 characters."
    ),
    # budgets
    "budget = 1": f", line 1: budget is not valid; write it as [[budget]], and below it {BUDGET_KEYS}.",
    "[budget]\nrequests = 1": f", line 1: budget is not valid; write it as [[budget]], and below it {BUDGET_KEYS}.",
    '[[budget]]\nwho = "growth"': (
        ", line 1: this [[budget]] has neither requests nor an amount; write one of them, such as requests = 100000."
    ),
    '[[budget]]\nrequests = 5\n[[budget]]\nrequests = 5\namount = "5"': (
        ", line 5: this [[budget]] has requests and an amount; keep one of them."
    ),
    '[[budget]]\namount = "5.00"': (
        ', line 2: amount of [[budget]] needs a unit_price, here or in [chargeback], such as "1.20/1000".'
    ),
    '[[budget]]\nrequests = 5\nunit_price = "1"': (
        ", line 3: unit_price of [[budget]] belongs to an amount; write one, or leave unit_price out."
    ),
    '[[budget]]\nunit_price = "1"\namount = "-5.00"': (
        ', line 3: amount of [[budget]] is not valid; set it to a plain number above 0 in quotes, such as "500.00".'
    ),
    'currency = "JPY"\n[[budget]]\nunit_price = "1"\namount = "5.00"': (
        ', line 4: amount of [[budget]] has more decimals than JPY, which has none; set it to a number such as "500".'
    ),
    "[[budget]]\nrequests = 0": (
        ", line 2: requests of [[budget]] is not valid; set it to a whole number of requests a month, such as 100000."
    ),
    '[[budget]]\nrequests = "hunter2"': (
        ", line 2: requests of [[budget]] is not valid; set it to a whole number of requests a month, such as 100000."
    ),
    "[[budget]]\nrequests = 5\nthresholds = []": f", line 3: {THRESHOLDS}",
    "[[budget]]\nrequests = 5\nthresholds = [0.7]": f", line 3: {THRESHOLDS}",
    "[[budget]]\nrequests = 5\nthresholds = [0]": f", line 3: {THRESHOLDS}",
    "[[budget]]\nrequests = 5\nthresholds = 70": f", line 3: {THRESHOLDS}",
    "[[budget]]\nrequests = 5\nwho = ' '": (
        ", line 3: who of [[budget]] is not valid; set it to a team or a key_id, or leave it out for all keys."
    ),
    "[[budget]]\nrequests = 5\nteam = 'x'": f", line 3: team is no key of [[budget]]; its keys are {BUDGET_KEYS}.",
    # severity
    "severity = 1": f", line 1: severity is not valid; write it as [severity], and below it {SEVERITY_KEYS}.",
    "[severity]\nlife = 1": f", line 2: life is no key of [severity]; its keys are {SEVERITY_KEYS}.",
    '[severity]\nlive = "2"': f", line 2: {POINTS}",
    "[severity]\nlive = true": f", line 2: {POINTS}",
    "[severity]\nlive = nan": f", line 2: {POINTS}",
    "[severity]\nlive = 101": f", line 2: {POINTS}",
    "severity.live = 101": f", line 1: {POINTS}",
    "[severity]\nbars = [1, 2]": f", line 2: {BARS}",
    "[severity]\nbars = [1, 2, 2]": f", line 2: {BARS}",
    '[severity]\nbars = [1, 2, "3"]': f", line 2: {BARS}",
    "[severity]\nbars = 1": f", line 2: {BARS}",
    # chargeback
    "chargeback = 1": f", line 1: chargeback is not valid; write it as [chargeback], and below it {CHARGEBACK_KEYS}.",
    '[chargeback]\ncurrency = "EUR"': f", line 2: currency is no key of [chargeback]; its keys are {CHARGEBACK_KEYS}.",
    '[chargeback]\nmethod = "weighted"': (
        ", line 2: method of [chargeback] is not valid; set it to proportional, even, fixed, hybrid or price."
    ),
    '[chargeback]\ngroup_by = "endpoint"': (
        ", line 2: group_by of [chargeback] is not valid; set it to team, key, cost_center or environment."
    ),
    '[chargeback]\nunattributed = "hide"': (
        ", line 2: unattributed of [chargeback] is not valid; set it to separate or spread."
    ),
    '[chargeback]\namount = "1.234,56"': f", line 2: {AN_AMOUNT}",
    '[chargeback]\namount = "hunter2"': f", line 2: {AN_AMOUNT}",
    "[chargeback]\namount = true": f", line 2: {AN_AMOUNT}",
    "[chargeback]\namount = inf": f", line 2: {AN_AMOUNT}",
    'currency = "JPY"\n[chargeback]\namount = "12.5"': (
        ", line 3: amount of [chargeback] has more decimals than JPY, which has none; "
        'set it to a number such as "1200".'
    ),
    '[chargeback]\nmethod = "even"\n[chargeback.amounts]\n2026-10 = "1200"\n2026-11 = "1.005"': (
        ", line 5: 2026-11 of [chargeback] has more decimals than EUR, which has 2; "
        'set it to a number such as "1200.00".'
    ),
    '[chargeback.amounts]\n2026-10 = "1200"\n2026-13 = "1200"': f", line 3: {AMOUNTS}",
    "chargeback.amounts.2026-10 = []": f", line 1: {AMOUNTS}",
    '[chargeback]\nfixed_fee = "1,5"': (
        ', line 2: fixed_fee of [chargeback] is not valid; set it to a plain number in quotes, such as "500.00".'
    ),
    '[chargeback]\nunit_price = "0/1000"': f", line 2: unit_price of [chargeback] is not valid; set it to {A_PRICE}",
    "[chargeback]\nunit_price = -1": f", line 2: unit_price of [chargeback] is not valid; set it to {A_PRICE}",
    "[chargeback]\nshares = { payments = 60, growth = 39 }": f", line 2: {NO_HUNDRED}",
    '[chargeback]\nshares = "payments=60,growth=39"': f", line 2: {NO_HUNDRED}",
    "[chargeback]\n[chargeback.shares]\npayments = 60\ngrowth = 39": f", line 2: {NO_HUNDRED}",
    '[chargeback]\nshares = "payments 60"': f", line 2: {SHARES}",
    '[chargeback]\nshares = "payments=60,payments=40"': f", line 2: {SHARES}",
    "[chargeback]\nshares = { payments = -60, growth = 160 }": f", line 2: {SHARES}",
    '[chargeback]\n[chargeback.weights]\n"/v1/dns" = 2\n"/v1/export" = -1': f", line 4: {WEIGHTS}",
    '[chargeback.weights]\n"/v1/export" = "much"': f", line 2: {WEIGHTS}",
    "[chargeback]\nweights = 10": f", line 2: {WEIGHTS}",
    f"{TIER}up_to = 1000\nprice = 1\n{TIER}up_to = 1000\nprice = 1": (
        ", line 5: up_to of this [[chargeback.tiers]] is not above that of the one before; write the tiers in their "
        "order, as in up_to = 100000, then up_to = 1000000."
    ),
    f"{TIER}price = 1\n{TIER}up_to = 1000\nprice = 1": (
        ", line 1: a [[chargeback.tiers]] without up_to is for all that come after, so it stands last."
    ),
    f"{TIER}up_to = 1000\nprice = 1": (
        ", line 2: the last [[chargeback.tiers]] has up_to, so what comes after has no price; leave up_to out of it."
    ),
    f"{TIER}up_to = 0\nprice = 1\n{TIER}price = 1": (
        ", line 2: up_to of [[chargeback.tiers]] is not valid; set it to a whole number of requests, such as 1000000."
    ),
    f"{TIER}up_to = 1000": f", line 1: price is missing in this [[chargeback.tiers]]; set it to {A_PRICE}",
    f"{TIER}price = -1": f", line 2: price of [[chargeback.tiers]] is not valid; set it to {A_PRICE}",
    f"{TIER}price = 1\nprize = 1": ", line 3: prize is no key of [[chargeback.tiers]]; its keys are up_to, price.",
    "[chargeback]\ntiers = 1": (
        ", line 2: tiers of [chargeback] is not valid; "
        "set it to tables of up_to and price, each as [[chargeback.tiers]]."
    ),
    f"[chargeback]\nunit_price = 1\n{TIER}price = 1": (
        ", line 2: [chargeback] has unit_price and tiers, which are two prices; keep one of them."
    ),
}


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Work in an empty folder, with another as config folder."""
    for name in [name for name in os.environ if name.upper().startswith("EDGEDNS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder = tmp_path / "home" / "edgedns-mcp"
    folder.mkdir(parents=True)
    monkeypatch.setattr("edgedns_mcp.settings.file.user_config_path", lambda name: tmp_path / "home" / name)
    return folder


def written(text, folder=None):
    path = (folder or Path.cwd()) / "edgedns.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(**overrides):
    with pytest.raises(ConfigurationError) as caught:
        load(**overrides)
    return str(caught.value)


def test_the_file_that_is_named_comes_before_the_one_here_and_that_before_ones_own(home, tmp_path, monkeypatch):
    assert load().config is None
    own = written('account = "own"', home)
    assert (load().account, load().config) == ("own", own)
    here = written('account = "here"')
    assert (load().account, load().config) == ("here", here)
    named = tmp_path / "any.toml"
    named.write_text('account = "named"')
    monkeypatch.setenv("EDGEDNS_CONFIG", str(named))
    assert (load().account, load().config) == ("named", named)
    monkeypatch.setenv("EDGEDNS_CONFIG", "../any.toml")
    assert load().account == "named"


def test_an_option_wins_over_the_environment_and_that_over_the_file(monkeypatch):
    written('timezone = "Europe/Berlin"\nbilling_day = 5\naccount = "file"')
    monkeypatch.setenv("EDGEDNS_ACCOUNT", "environment")
    monkeypatch.setenv("EDGEDNS_BILLING_DAY", "6")
    monkeypatch.setenv("EDGEDNS_TIMEZONE", "")
    settings = load(account="option", timezone=None)
    assert (settings.timezone, settings.billing_day, settings.account) == (ZoneInfo("Europe/Berlin"), 6, "option")


def test_every_kind_of_value_is_read(tmp_path):
    settings = load(
        config=written("""
source = "local"
database = "data/usage.db"
send_period = true
as_of = 2026-11-22
record_every = "30m"
currency = "USD"
keep_hours = 0
account = ""
log_level = "DEBUG"
""")
    )
    assert settings.model_dump(exclude_defaults=True, exclude={"config"}) == {
        "source": "local",
        "database": Path.cwd() / "data" / "usage.db",
        "send_period": True,
        "as_of": datetime(2026, 11, 22, tzinfo=UTC),
        "record_every": timedelta(minutes=30),
        "currency": "USD",
        "log_level": "DEBUG",
    }


def test_a_teams_file_lies_beside_the_file_that_names_it(monkeypatch, tmp_path):
    named = tmp_path / "standing.toml"
    named.write_text('teams_file = "lists/teams.csv"', encoding="utf-8")
    assert load(config=named).teams_file == tmp_path / "lists" / "teams.csv"
    monkeypatch.setenv("EDGEDNS_TEAMS_FILE", "other.csv")
    assert load(config=named).teams_file == Path("other.csv")


def test_a_path_may_begin_at_home_or_at_the_root(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load(config=written('database = "~/usage.db"')).database == tmp_path / "usage.db"
    assert load(config=written(f"database = '{tmp_path / 'x.db'}'")).database == tmp_path / "x.db"


@pytest.mark.parametrize("text", ["\ufeffbilling_day = 5", "# é\r\nbilling_day = 5\r\n", "", "# nothing\n"])
def test_files_of_any_editor_are_read(text):
    Path("edgedns.toml").write_bytes(text.encode())
    assert load().billing_day == (5 if "5" in text else 1)


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_what_is_wrong_is_told_with_file_line_and_key_and_without_the_value(text):
    path = written(text)
    sentence = refused()
    assert sentence == f"{path}{WRONG[text]}"
    assert "hunter2" not in sentence


def test_a_key_is_found_in_no_line_where_a_text_of_several_lines_makes_it_doubtful():
    path = written('account = """\nbilling_day = 1"""\nbilling_day = 40')
    assert refused() == f"{path}: billing_day is not valid; set it to a number from 1 to 31."
    path = written("[[planned]]\nstart = 2026-11-20\nend = 2026-11-20\nwhat = '''\nwho = 1'''\nwho = 2")
    assert refused() == (
        f"{path}, line 1: who of [[planned]] is not valid; set it to a team or a key_id, or leave it out for every key."
    )


def test_a_wrong_variable_is_told_as_such_beside_a_file(monkeypatch):
    written("billing_day = 40")
    monkeypatch.setenv("EDGEDNS_BILLING_DAY", "first")
    assert refused() == "EDGEDNS_BILLING_DAY is not valid; set it to a number from 1 to 31."
    assert load(billing_day=2).billing_day == 2


@pytest.mark.parametrize("key", ["base_url", "api_key_file"])
def test_a_file_that_merely_lies_here_does_not_say_where_the_key_goes(key, home, monkeypatch):
    path = written(f'{key} = "https://elsewhere.example"')
    assert refused() == (
        f"{path}, line 1: {key} is not taken from a file that merely lies in the current folder; "
        f"set EDGEDNS_{key.upper()}, or name the file in EDGEDNS_CONFIG."
    )
    monkeypatch.setenv("EDGEDNS_CONFIG", str(path))
    assert load().config == path
    monkeypatch.delenv("EDGEDNS_CONFIG")
    path.rename(home / "edgedns.toml")
    assert load().config == home / "edgedns.toml"


@pytest.mark.parametrize("name", ["missing.toml", ".", "edgedns.toml/x", "a\0b"])
def test_a_named_file_that_cannot_be_read_names_the_variable(name):
    written("")
    assert refused(config=name) == ("The file named in EDGEDNS_CONFIG cannot be read; check its path and permissions.")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that nobody can read, as Linux has")
def test_a_file_here_that_cannot_be_read_is_named():
    path = written("")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    assert refused() == f"{path} cannot be read; check its path and permissions."


def test_a_folder_of_that_name_is_no_file():
    Path("edgedns.toml").mkdir()
    assert load().config is None


def test_a_file_that_is_too_large_or_no_text_is_refused():
    path = written("#" * 1_000_001)
    assert refused() == f"{path} has more than 1 MB; keep only standing choices in it."
    path.write_bytes(b"\xff\xfe")
    assert refused() == f"{path} is not UTF-8 text; save it as UTF-8."


def test_the_example_of_the_documentation_is_valid_and_its_severity_the_default():
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    desk = open_desk(load(config=written(text.split("```toml\n")[1].split("```")[0])))
    assert desk.severity == SEVERITY
    assert [(plan.what, plan.who) for plan in desk.plans] == [
        ("load test", "payments"),
        ("Christmas", ""),
        ("migration", "key_562be1"),
    ]
    migration = datetime.fromtimestamp(desk.plans[-1].end, UTC) - datetime.fromtimestamp(desk.plans[-1].start, UTC)
    assert migration == timedelta(hours=5)


def test_without_a_file_nothing_is_planned_and_severity_is_the_default_and_no_terms_stand():
    desk = open_desk(load())
    assert (desk.plans, desk.severity, desk.config) == ((), SEVERITY, "")
    assert desk.terms == StandingTerms()


def test_the_terms_of_the_documentation_are_valid_and_name_every_key_but_the_other_price():
    text = (DOCS / "chargeback.md").read_text(encoding="utf-8")
    terms = load(config=written(text.split("```toml\n")[1].split("```")[0])).chargeback
    assert {*terms.model_fields_set} == {*StandingTerms.model_fields} - {"unit_price"}
    assert (terms.amount, terms.amounts, terms.weights["/v1/dns/*"]) == ("1200.00", {"2026-10": "1234.56"}, "0.5")
    assert [(tier.up_to, tier.price) for tier in terms.tiers] == [
        (100_000, "0"),
        (1_000_000, "1.20/1000"),
        (None, "0.80/1000"),
    ]


def test_numbers_may_stand_with_and_without_quotes_and_are_taken_as_they_are_written():
    written("""
[chargeback]
amount = 1_200.50
fixed_fee = " -3 "
unit_price = 0.0000012
[chargeback.weights]
"/v1/export" = 10
'/v1/dns/*' = 0.25
""")
    terms = load().chargeback
    assert (terms.amount, terms.fixed_fee, terms.unit_price) == ("1200.5", "-3", "0.0000012")
    assert terms.weights == {"/v1/export": "10", "/v1/dns/*": "0.25"}


def test_shares_may_be_a_text_or_a_table():
    written('chargeback.shares = "payments=60.5, growth: 39.5%"')
    first = load().chargeback
    written("[chargeback.shares]\npayments = 60.5\ngrowth = 39.5")
    assert load().chargeback.shares == first.shares == {"payments": "60.5", "growth": "39.5"}


def test_money_has_the_decimals_of_the_currency_that_wins(monkeypatch):
    written('currency = "EUR"\n[chargeback]\namount = "1200.005"')
    assert refused().endswith('EUR, which has 2; set it to a number such as "1200.00".')
    monkeypatch.setenv("EDGEDNS_CURRENCY", "KWD")
    assert load().chargeback.amount == "1200.005"


def test_severity_may_be_given_in_part():
    written("[severity]\nspike = 1\nlive = 0.5\nbars = [1, 2, 3]")
    table = open_desk(load()).severity
    assert table.kind == {**SEVERITY.kind, "spike": 1.0}
    assert (table.live, table.errors, table.bars) == (0.5, SEVERITY.errors, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("zone", "start", "end", "begins", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-29", "2026-03-28T23:00+00:00", 23),  # the day has 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-25", "2026-10-24T22:00+00:00", 25),
        ("Europe/Berlin", '"2026-10-24"', '"2026-10-26"', "2026-10-23T22:00+00:00", 73),
        ("Europe/Berlin", "2026-10-24T12:00:00", "2026-10-25T12:00:00", "2026-10-24T10:00+00:00", 25),
        ("Europe/Berlin", '"2026-10-24 12:00"', '"2026-10-25T12:00Z"', "2026-10-24T10:00+00:00", 26),
        ("America/New_York", "2026-11-01", "2026-11-01", "2026-11-01T04:00+00:00", 25),
        ("UTC", "2026-10-25", "2026-10-25T06:00:00+02:00", "2026-10-25T00:00+00:00", 4),
    ],
)
def test_planned_days_are_whole_days_of_the_zone_over_changes_of_summer_time(zone, start, end, begins, hours):
    written(f'timezone = "{zone}"\n[[planned]]\nstart = {start}\nend = {end}\nwhat = "x"')
    (plan,) = open_desk(load()).plans
    assert datetime.fromtimestamp(plan.start, UTC) == datetime.fromisoformat(begins)
    assert plan.end - plan.start == hours * 3600


def test_the_zone_of_the_environment_holds_for_planned_days(monkeypatch):
    written('timezone = "UTC"\n[[planned]]\nstart = 2026-11-20\nend = 2026-11-20T00:30:00+01:00\nwhat = "x"')
    assert refused().endswith(ENDS_FIRST)
    monkeypatch.setenv("EDGEDNS_TIMEZONE", "Europe/Berlin")
    assert open_desk(load()).plans[0].end - open_desk(load()).plans[0].start == 1800


def test_a_command_names_the_file_it_read_and_refuses_a_wrong_one(tmp_path):
    path = tmp_path / "any.toml"
    path.write_text('timezone = "Europe/Berlin"\n')
    done = command("status", "--source", "demo", EDGEDNS_CONFIG=str(path))
    assert f"config: {path}\n" in done.stdout
    assert ", zone Europe/Berlin\n" in done.stdout
    path.write_text("billing_day = 0")
    done = command("status", "--source", "demo", EDGEDNS_CONFIG=str(path))
    assert (done.returncode, done.stderr) == (
        2,
        f"{path}, line 1: billing_day is not valid; set it to a number from 1 to 31.\n",
    )
