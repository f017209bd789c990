"""Every setting: read from the environment, overridden by arguments, refused in words that never show the value."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import StandingTerms
from edgedns_mcp.settings import Settings, SeverityPoints, Variables, load

KEY = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
MOMENT = datetime(2026, 11, 22, 15, tzinfo=UTC)

READ = [
    ("source", "local", "local"),
    ("api_key_file", "/run/secrets/key", Path("/run/secrets/key")),
    ("base_url", "https://mirror.example.org", "https://mirror.example.org"),
    ("base_url", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/"),
    ("database", "/var/lib/usage.db", Path("/var/lib/usage.db")),
    ("timezone", "Europe/Berlin", ZoneInfo("Europe/Berlin")),
    ("billing_day", "15", 15),
    ("send_period", "true", True),
    ("send_period", "0", False),
    ("account", "acme", "acme"),
    ("as_of", "2026-11-22T15:00:00Z", MOMENT),
    ("as_of", "2026-11-22t15:00:00z", MOMENT),
    ("as_of", " 2026-11-22T16:00:00+01:00 ", MOMENT),
    ("as_of", "2026-11-22T15:00", MOMENT),
    ("as_of", "2026-11-22", MOMENT.replace(hour=0)),
    ("record_every", "30m", timedelta(minutes=30)),
    ("record_every", " 1D ", timedelta(days=1)),
    ("record_every", "0", timedelta()),
    ("currency", " usd ", "USD"),
    ("teams_file", "/etc/teams.csv", Path("/etc/teams.csv")),
    ("monthly_quota", "500000", 500_000),
    ("plan", " Pro ", "pro"),
    ("keep_hours", "2160", 2160),
    ("clickhouse_database", "usage", "usage"),
    ("clickhouse_cluster", "main", "main"),
    ("clickhouse_layout", "distributed", "distributed"),
    ("clickhouse_keep_events", "90", 90),
    ("log_level", "DEBUG", "DEBUG"),
]
WRONG = [
    ("source", "somewhere", "auto, edgedns, local, demo or clickhouse"),
    ("base_url", "api.edgedns.dev", "a plain https address such as https://api.edgedns.dev"),
    ("base_url", "ftp://api.edgedns.dev", "a plain https address such as https://api.edgedns.dev"),
    ("base_url", "https://user:hunter2@api.edgedns.dev", "a plain https address such as https://api.edgedns.dev"),
    ("base_url", "https://api.edgedns.dev/?key=hunter2", "a plain https address such as https://api.edgedns.dev"),
    ("timezone", "Mars/Olympus", "an IANA name such as UTC or Europe/Berlin"),
    ("timezone", "../../etc/passwd", "an IANA name such as UTC or Europe/Berlin"),
    ("timezone", "/etc/passwd", "an IANA name such as UTC or Europe/Berlin"),
    ("timezone", "Europe", "an IANA name such as UTC or Europe/Berlin"),
    ("timezone", "+02:00", "an IANA name such as UTC or Europe/Berlin"),
    ("billing_day", "0", "a number from 1 to 31"),
    ("billing_day", "32", "a number from 1 to 31"),
    ("billing_day", "first", "a number from 1 to 31"),
    ("send_period", "perhaps", "true or false"),
    ("account", "a" * 65, "a name of at most 64 characters"),
    ("as_of", "yesterday", "a time such as 2026-11-22T15:00:00Z"),
    ("as_of", "2026-13-01", "a time such as 2026-11-22T15:00:00Z"),
    ("record_every", "hourly", "a duration such as 30m, 1h or 1d; 0 is never"),
    ("record_every", "90", "a duration such as 30m, 1h or 1d; 0 is never"),
    ("record_every", "-1h", "a duration such as 30m, 1h or 1d; 0 is never"),
    ("record_every", "1.5h", "a duration such as 30m, 1h or 1d; 0 is never"),
    ("currency", "Euro", "a code of ISO 4217 such as EUR"),
    ("currency", "DEM", "a code of ISO 4217 such as EUR"),
    ("monthly_quota", "-1", "a number of requests, such as 500000; 0 is the plan's quota"),
    ("plan", "gold", "free, developer, pro or enterprise"),
    ("keep_hours", "-1", "a number of hours, such as 2160; 0 keeps every hour"),
    (
        "clickhouse_url",
        "clickhouse:hunter2",
        "addresses such as https://user:password@clickhouse.example.org:8443, separated by commas",
    ),
    (
        "clickhouse_url",
        "https://one:8443,ftp://hunter2@two",
        "addresses such as https://user:password@clickhouse.example.org:8443, separated by commas",
    ),
    ("clickhouse_database", "a;drop", "a name of letters, digits and _"),
    ("clickhouse_cluster", "a'b", "a name of letters, digits and _"),
    ("clickhouse_layout", "wide", "single, replicated or distributed"),
    ("clickhouse_keep_events", "-1", "a number of days, such as 90; 0 is for ever"),
    ("log_level", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
]


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch, tmp_path):
    monkeypatch.setattr("edgedns_mcp.settings.file.user_config_path", tmp_path.joinpath)
    for name in [name for name in os.environ if name.upper().startswith("EDGEDNS_")]:
        monkeypatch.delenv(name)


def refused(**overrides):
    with pytest.raises(ConfigurationError) as caught:
        load(**overrides)
    return str(caught.value)


def unusable(settings):
    with pytest.raises(ConfigurationError) as caught:
        settings.secret()
    return str(caught.value)


def test_without_an_environment_everything_has_its_default():
    settings = load()
    assert settings.model_dump(exclude={"database", "severity", "chargeback"}) == {
        "config": None,
        "source": "auto",
        "api_key": None,
        "api_key_file": None,
        "base_url": "https://api.edgedns.dev",
        "clickhouse_url": None,
        "clickhouse_database": "edgedns",
        "clickhouse_cluster": "",
        "clickhouse_layout": "single",
        "clickhouse_keep_events": 0,
        "timezone": ZoneInfo("UTC"),
        "billing_day": 1,
        "send_period": False,
        "account": "",
        "as_of": None,
        "record_every": timedelta(hours=1),
        "currency": "EUR",
        "teams_file": None,
        "monthly_quota": 0,
        "plan": None,
        "keep_hours": 0,
        "log_level": "WARNING",
        "planned": (),
        "budget": (),
    }
    assert settings.severity == SeverityPoints()
    assert settings.chargeback == StandingTerms()
    assert settings.database.name == "usage.db"
    assert settings.secret() is None


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_a_setting_is_read_from_the_environment(monkeypatch, name, text, value):
    monkeypatch.setenv(f"EDGEDNS_{name.upper()}", text)
    assert getattr(load(), name) == value


def test_every_setting_is_among_those_read_here():
    assert {name for name, *_ in READ} | {"api_key", "config", "clickhouse_url"} == set(Variables.model_fields)


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_an_override_wins(monkeypatch, name, text, value):
    monkeypatch.setenv(f"EDGEDNS_{name.upper()}", "nonsense")
    assert getattr(load(**{name: text}), name) == value


def test_an_override_that_switches_off_wins_too(monkeypatch):
    monkeypatch.setenv("EDGEDNS_SEND_PERIOD", "true")
    monkeypatch.setenv("EDGEDNS_ACCOUNT", "acme")
    settings = load(send_period=False, account="")
    assert (settings.send_period, settings.account) == (False, "")


def test_an_override_of_none_leaves_the_environment_alone(monkeypatch):
    monkeypatch.setenv("EDGEDNS_SOURCE", "local")
    assert load(source=None).source == "local"


@pytest.mark.parametrize("name", sorted(Variables.model_fields))
def test_an_empty_variable_is_none(monkeypatch, name):
    monkeypatch.setenv(f"EDGEDNS_{name.upper()}", "")
    assert load() == Settings()


def test_the_case_of_a_variable_does_not_matter(monkeypatch):
    monkeypatch.setenv("edgedns_Source", "local")
    assert load().source == "local"


def test_variables_that_are_not_ours_do_not_matter(monkeypatch):
    monkeypatch.setenv("EDGEDNS_SOMETHING_ELSE", "x")
    monkeypatch.setenv("EDGEDNS_PLANNED", "x")
    monkeypatch.setenv("SOURCE", "local")
    assert load().source == "auto"


@pytest.mark.parametrize(("name", "text", "allowed"), WRONG)
def test_a_wrong_value_names_the_variable_and_never_the_value(monkeypatch, name, text, allowed):
    monkeypatch.setenv(f"EDGEDNS_{name.upper()}", text)
    sentence = refused()
    assert sentence == f"EDGEDNS_{name.upper()} is not valid; set it to {allowed}."
    assert text not in sentence.removesuffix(f"{allowed}.")
    assert "hunter2" not in sentence


@pytest.mark.parametrize(("name", "text", "allowed"), WRONG)
def test_a_wrong_override_is_told_like_a_wrong_variable(name, text, allowed):
    assert refused(**{name: text}) == f"EDGEDNS_{name.upper()} is not valid; set it to {allowed}."


def test_settings_cannot_be_changed():
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.source = "demo"


def test_an_offset_of_any_kind_is_a_moment():
    at = datetime(2026, 11, 22, 10, tzinfo=timezone(-timedelta(hours=5)))
    assert load(as_of=at).as_of == MOMENT


def test_the_key_is_given_without_the_blanks_around_it(monkeypatch):
    monkeypatch.setenv("EDGEDNS_API_KEY", f"  {KEY}\n")
    assert load().secret().get_secret_value() == KEY


def test_the_key_is_not_shown_with_the_settings(monkeypatch):
    monkeypatch.setenv("EDGEDNS_API_KEY", KEY)
    assert KEY not in f"{load()!r} {load()} {load().secret()!r} {load().model_dump_json(exclude={'timezone'})}"


@pytest.mark.parametrize("text", ["   ", f"{KEY}\n{KEY}", f"{KEY} {KEY}", "schlüssel", f"{KEY}\x07", f"{KEY}\u200b"])
def test_a_key_that_cannot_be_one_names_the_variable(monkeypatch, text):
    monkeypatch.setenv("EDGEDNS_API_KEY", text)
    assert unusable(load()) == "EDGEDNS_API_KEY holds no usable API key; set it to the key alone, on one line."


@pytest.mark.parametrize("text", [KEY, f"{KEY}\n", f"\r\n  {KEY}\t\r\n\r\n"])
def test_a_key_file_is_read_without_the_blanks_around_the_key(tmp_path, text):
    (tmp_path / "key").write_bytes(text.encode())
    assert load(api_key_file=tmp_path / "key").secret().get_secret_value() == KEY


def test_a_key_file_is_read_at_each_question(tmp_path):
    settings = load(api_key_file=tmp_path / "key")
    for key in (KEY, "edns_live_another"):
        (tmp_path / "key").write_text(key)
        assert settings.secret().get_secret_value() == key


def test_a_key_file_may_be_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv("EDGEDNS_API_KEY_FILE", "~/key")
    assert load().secret().get_secret_value() == KEY


@pytest.mark.parametrize("content", [b"", b" \n", f"{KEY}\n{KEY}\n".encode(), "schlüssel".encode()])
def test_a_key_file_without_a_usable_key_names_the_variable(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    assert unusable(load(api_key_file=tmp_path / "key")) == (
        "EDGEDNS_API_KEY_FILE holds no usable API key; set it to the key alone, on one line."
    )


@pytest.mark.parametrize("kind", ["missing", "folder", "no text"])
def test_a_key_file_that_cannot_be_read_names_the_variable(tmp_path, kind):
    path = tmp_path / "key"
    if kind == "folder":
        path.mkdir()
    if kind == "no text":
        path.write_bytes(b"\xff\xfe\x00")
    assert unusable(load(api_key_file=path)) == (
        "The file named in EDGEDNS_API_KEY_FILE cannot be read; check its path and permissions."
    )


def test_the_key_itself_beats_the_file(tmp_path):
    assert load(api_key=KEY, api_key_file=tmp_path / "missing").secret().get_secret_value() == KEY


def test_replicas_are_told_apart_and_their_passwords_are_never_shown(monkeypatch):
    monkeypatch.setenv("EDGEDNS_CLICKHOUSE_URL", "https://us:hunter2@one:8443/, http://us:hunter2@two")
    settings = load()
    assert settings.clickhouse_addresses() == ["https://us:hunter2@one:8443", "http://us:hunter2@two"]
    assert "hunter2" not in f"{settings!r}{settings.model_dump_json()}"


def test_without_an_address_the_sentence_names_the_variable():
    with pytest.raises(ConfigurationError, match="set EDGEDNS_CLICKHOUSE_URL"):
        load().clickhouse_addresses()
