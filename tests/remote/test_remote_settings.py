"""What can be set for serving over HTTP: by file, variables and command, and refused in words without values."""

import pytest

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings import load
from edgedns_mcp.settings.remote import REMOTE_PREFIX, RemoteSettings, load_organisations, load_remote
from edgedns_mcp.settings.tables import ALLOWED_HTTP, ALLOWED_TENANT

OAUTH = {
    "auth": "oauth",
    "issuer": "https://login.example.com/realms/acme",
    "public_url": "https://mcp.example.com/mcp",
}
WRONG = [
    ("port", "70000"),
    ("workers", "0"),
    ("auth", "perhaps"),
    ("public_url", "http://mcp.example.com/mcp"),
    ("public_url", "https://user:hunter2@mcp.example.com"),
    ("public_url", "https://mcp.example.com/mcp?token=hunter2"),
    ("public_url", 'https://mcp.example.com/"mcp'),
    ("public_url", "https://mcp.\u00e4.example.com"),
    ("scope_prefix", 'api://"/'),
    ("scope_prefix", "api edgedns"),
    ("issuer", "ftp://login.example.com"),
    ("jwks_url", "login.example.com/keys"),
    ("rate_limit", "often"),
    ("most_at_once", "0"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Name the file edgedns.toml of an empty folder, as a person who runs a server does."""
    monkeypatch.setenv("EDGEDNS_CONFIG", str(tmp_path / "edgedns.toml"))
    return tmp_path


def write(folder, text, name="edgedns.toml"):
    (folder / name).write_text(text, encoding="utf-8")


def test_the_command_wins_over_the_variable_and_the_variable_over_the_file(folder, monkeypatch):
    write(folder, '[http]\nport = 1\nworkers = 2\nrate_limit = 3\nallowed_origins = ["https://a.example.com"]\n')
    monkeypatch.setenv(f"{REMOTE_PREFIX}PORT", "10")
    monkeypatch.setenv(f"{REMOTE_PREFIX}WORKERS", "20")
    found = load_remote(port=100)
    assert (found.port, found.workers, found.rate_limit) == (100, 20, 3)
    assert found.allowed_origins == ("https://a.example.com",)


def test_a_path_in_the_file_begins_where_the_file_lies(folder):
    write(folder, '[http]\ntokens_file = "tokens.toml"\naudit_log = "/var/log/audit.jsonl"\n')
    found = load_remote()
    assert (found.tokens_file, str(found.audit_log)) == (folder / "tokens.toml", "/var/log/audit.jsonl")


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_variable_is_named_and_its_value_is_not(name, value, monkeypatch):
    monkeypatch.setenv(f"{REMOTE_PREFIX}{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        load_remote()
    assert str(caught.value) == f"{REMOTE_PREFIX}{name.upper()} is not valid; set it to {ALLOWED_HTTP[name]}."


def test_a_wrong_line_of_the_file_is_named(folder):
    write(folder, '[http]\nauth = "token"\nport = "x"\n')
    with pytest.raises(ConfigurationError, match=r"edgedns.toml, line 3: port of \[http\] is not valid; set it to a"):
        load_remote()
    write(folder, "[http]\nporte = 1\n")
    with pytest.raises(ConfigurationError, match=r"the keys of \[http\] are host, port, workers, auth"):
        load_remote()
    write(folder, "http = 1\n")
    with pytest.raises(ConfigurationError, match=r"line 1: write \[http\] as a table"):
        load_remote()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "mcp.example.com"])
@pytest.mark.parametrize("auth", [None, "none"])
def test_an_address_that_others_reach_needs_a_choice_of_who_may_ask(host, auth):
    with pytest.raises(ConfigurationError) as caught:
        load_remote(host=host, auth=auth)
    assert all(f"--auth {choice}" in str(caught.value) for choice in ("oauth", "token", "none"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_on_this_machine_alone_nobody_need_be_known(host):
    assert load_remote(host=host).host == host


@pytest.mark.parametrize("missing", ["issuer", "public_url"])
def test_what_a_choice_needs_is_named(missing):
    with pytest.raises(ConfigurationError, match=f"--auth oauth needs {REMOTE_PREFIX}{missing.upper()}"):
        load_remote(**{**OAUTH, missing: None})
    with pytest.raises(ConfigurationError, match=f"--auth token needs {REMOTE_PREFIX}TOKENS_FILE"):
        load_remote(auth="token")


def test_a_file_that_merely_lies_here_does_not_say_who_may_ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for table in ('[http]\nissuer = "https://evil.example.com"\n', '[[tenant]]\nname = "a"\nconfig = "a.toml"\n'):
        write(tmp_path, table)
        with pytest.raises(
            ConfigurationError, match="merely lies in the current folder; name the file in EDGEDNS_CONFIG"
        ):
            load_remote()


def test_other_commands_read_the_same_file(folder):
    write(folder, '[http]\nauth = "token"\n[[tenant]]\nname = "acme"\nconfig = "acme.toml"\n')
    assert load().source == "auto"


def test_each_organisation_has_a_file_and_the_environment_is_not_its(folder, monkeypatch):
    monkeypatch.setenv("EDGEDNS_API_KEY", "edns_live_of_the_server")
    monkeypatch.setenv("EDGEDNS_CURRENCY", "USD")
    write(folder, '[[tenant]]\nname = "acme"\nconfig = "t/acme.toml"\nwho = ["acme", "acme-labs"]\n')
    (folder / "t").mkdir()
    write(folder / "t", 'database = "acme.db"\ncurrency = "CHF"\n', "acme.toml")
    (acme,) = load_organisations()
    assert (acme.name, acme.who, acme.settings.currency) == ("acme", {"acme", "acme-labs"}, "CHF")
    assert (acme.settings.api_key, acme.settings.database) == (None, folder / "t" / "acme.db")


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            '[[tenant]]\nname = "a b"\nconfig = "a.toml"\n',
            f"line 2: name of [[tenant]] must be {ALLOWED_TENANT['name']}",
        ),
        ('[[tenant]]\nname = "a"\n', f"config of [[tenant]] must be {ALLOWED_TENANT['config']}"),
        ('[[tenant]]\nname = "a"\nconfig = "a.toml"\nwhom = 1\n', "the keys of [[tenant]] are name, config, who"),
        ('[[tenant]]\nname = "a"\nconfig = "none.toml"\n', "none.toml cannot be read; check its path"),
        (
            '[[tenant]]\nname = "a"\nconfig = "no_database.toml"\n',
            "names no database; set database to a file of its own",
        ),
        ('[tenant]\nname = "a"\n', "write [[tenant]] as tables"),
        *(
            (f'[[tenant]]\nname = "a"\nconfig = "a.toml"\nwho = ["x"]\n[[tenant]]\n{second}', f"have the same {what}")
            for second, what in (
                ('name = "a"\nconfig = "b.toml"\n', "name"),
                ('name = "b"\nconfig = "a.toml"\n', "database"),
                ('name = "b"\nconfig = "b.toml"\nwho = ["y", "x"]\n', "member"),
            )
        ),
    ],
)
def test_what_is_wrong_with_an_organisation_is_told(folder, tables, sentence):
    write(folder, tables)
    write(folder, 'database = "a.db"\n', "a.toml")
    write(folder, 'database = "b.db"\n', "b.toml")
    write(folder, "", "no_database.toml")
    with pytest.raises(ConfigurationError) as caught:
        load_organisations()
    assert sentence in str(caught.value)


def test_two_ways_to_one_database_are_one_database(folder):
    write(folder, "".join(f'[[tenant]]\nname = "{name}"\nconfig = "{name}.toml"\n' for name in "ab"))
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    write(folder, 'database = "real/usage.db"\n', "a.toml")
    write(folder, 'database = "link/usage.db"\n', "b.toml")
    with pytest.raises(ConfigurationError, match="the same database"):
        load_organisations()


def test_every_setting_says_what_it_may_be():
    assert list(RemoteSettings.model_fields) == list(ALLOWED_HTTP)
