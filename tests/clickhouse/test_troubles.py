"""ClickHouse that is down, slow, refusing, half made or too new: one sentence in time, or another replica."""

import sys
from contextlib import asynccontextmanager, closing
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from time import monotonic

import pytest
import trustme
from clickhouse_builders import NOW, ClickHouseHeld, a_cluster, free_port
from front import fronting
from store_builders import a_cell, a_window, epoch

from edgedns_mcp.clickhouse import schema, upkeep
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.errors import ConfigurationError, RefusedError, SourceError, StoreError, UnavailableError
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source

IN_TIME_S = 4


@pytest.fixture
def sound(front):
    """The front in good order, before and after."""
    yield front
    front.trouble = lambda statement: None


@pytest.fixture
def replica(engine):
    """A second address of the same figures, with a password."""
    with fronting(engine, password="hunter2") as replica:
        yield replica


@pytest.fixture(scope="module")
def filled(front):
    with closing(a_cluster(front.url)) as cluster:
        held = ClickHouseHeld(cluster, "troubled")
        held.commit(cells=[a_cell()], observed=[("import", (epoch("2026-10-01"), epoch("2026-10-02")))])


@asynccontextmanager
async def asked_at(*urls, tmp_path, **settings):
    settings = load(
        source="clickhouse", clickhouse_url=",".join(urls), account="troubled", database=tmp_path / "no.db", **settings
    )
    source = open_source(settings, lambda: NOW)
    try:
        yield source
    finally:
        await source.aclose()


async def requests(source):
    totals = await source.read(lambda view: view.totals(a_window()), [])
    return totals["key_1"].requests


async def told(source, kind):
    began = monotonic()
    with pytest.raises(kind) as caught:
        await requests(source)
    assert monotonic() - began < IN_TIME_S
    assert "hunter2" not in str(caught.value)
    assert "SELECT" not in str(caught.value)
    return str(caught.value)


def only(part, trouble):
    return lambda statement: trouble if part in statement else None


async def test_an_address_where_nobody_listens_is_told_in_one_sentence(tmp_path):
    url = f"http://us:hunter2@127.0.0.1:{free_port()}"
    async with asked_at(url, tmp_path=tmp_path) as source:
        where = url.split("@")[1]
        assert await told(source, UnavailableError) == (
            f"ClickHouse gave no answer at {where}; check that it runs, and EDGEDNS_CLICKHOUSE_URL, and ask again."
        )


async def test_one_that_hangs_is_given_up_in_time_and_told_to_stop(sound, filled, tmp_path):
    async with asked_at(sound.url, tmp_path=tmp_path) as source:
        assert await requests(source) == 10
        sound.trouble = only("cell_hour", "silent")
        assert "did not answer within 3.5 seconds and was told to stop" in await told(source, UnavailableError)
    assert sound.hears("KILL QUERY WHERE query_id = ")


async def test_a_server_that_ends_a_long_question_is_told_as_too_slow(sound, filled, tmp_path):
    async with asked_at(sound.url, tmp_path=tmp_path) as source:
        sound.trouble = only("cell_hour", "159")
        await told(source, UnavailableError)


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("516", RefusedError, "refuses this user or password. Check EDGEDNS_CLICKHOUSE_URL."),
        ("497", RefusedError, "does not let this user do that; grant what docs/scale.md lists, and ask again."),
        ("60", StoreError, "lacks tables of ours; run edgedns-mcp clickhouse init."),
        ("47", StoreError, "are not those of this program; run edgedns-mcp clickhouse migrate."),
        ("241", UnavailableError, "ask for a shorter period, or again later."),
        ("49", SourceError, "failed (SOME_NAME); look into its log, and ask again."),
    ],
)
async def test_what_the_server_refuses_is_worded_by_us(sound, filled, tmp_path, code, kind, sentence):
    async with asked_at(sound.url, tmp_path=tmp_path) as source:
        sound.trouble = only("cell_hour", code)
        assert (await told(source, kind)).endswith(sentence)


async def test_a_wrong_password_is_refused_when_connecting(replica, tmp_path):
    url = replica.url.replace("hunter2", "hunter22")
    async with asked_at(url, tmp_path=tmp_path) as source:
        assert "refuses this user or password" in await told(source, RefusedError)


@pytest.mark.parametrize("trouble", ["gone", "cut", "242", "202"])
async def test_a_replica_lost_in_the_middle_of_an_answer_is_replaced_by_another(
    sound, replica, filled, tmp_path, trouble
):
    async with asked_at(sound.url, replica.url, tmp_path=tmp_path) as source:
        sound.trouble = only("cell_hour", trouble)
        assert await requests(source) == 10
        asked = len(sound.statements)
        assert await requests(source) == 10
        assert len(sound.statements) == asked  # the one that answered is asked first from now on


@pytest.fixture
def tls(engine, tmp_path):
    """An address that is encrypted, and the file of the authority that signed its certificate."""
    authority, context = trustme.CA(), SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with fronting(engine, password="hunter2", tls=context) as front:
        yield front, f"https://default:hunter2@localhost:{front.server.server_port}", tmp_path / "ca.pem"


async def test_an_encrypted_server_whose_authority_is_trusted_answers(tls, filled, tmp_path, monkeypatch):
    _, url, authority = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with asked_at(url, tmp_path=tmp_path) as source:
        assert await requests(source) == 10


async def test_a_certificate_that_nobody_here_trusts_is_told_and_gets_no_password(tls, tmp_path):
    front, url, _ = tls
    async with asked_at(url, tmp_path=tmp_path) as source:
        sentence = await told(source, RefusedError)
    assert sentence.startswith("The certificate of ClickHouse at localhost:")
    assert sentence.endswith("point SSL_CERT_FILE at a file with your organisation's certificates.")
    assert not front.statements


async def test_a_replica_that_is_down_when_connecting_is_replaced_by_another(replica, filled, tmp_path):
    async with asked_at(f"http://127.0.0.1:{free_port()}", replica.url, tmp_path=tmp_path) as source:
        assert await requests(source) == 10


async def test_a_database_that_nobody_made_is_told_with_the_command(front, tmp_path):
    async with asked_at(front.url, tmp_path=tmp_path, clickhouse_database="nowhere") as source:
        assert (await told(source, StoreError)).endswith("lacks tables of ours; run edgedns-mcp clickhouse init.")


async def test_one_that_was_made_by_half_is_told_and_can_be_completed(address, front, tmp_path):
    shape = Shape("half")
    with closing(Cluster([address], shape, patience_s=60)) as cluster:
        asking = cluster.asking()
        asking.run("DROP DATABASE IF EXISTS half")
        asking.run(schema.database(shape))
        for statement in schema.migrations(shape)[0].makes[:-3]:
            asking.run(statement)
        assert upkeep.standing(asking).missing == ("version", "key_day")
        async with asked_at(address, tmp_path=tmp_path, clickhouse_database="half") as source:
            await told(source, StoreError)
            asking.run(schema.migrations(shape)[0].makes[-3])
            assert (await told(source, StoreError)).endswith("run edgedns-mcp clickhouse migrate.")
            upkeep.migrate(asking)
            assert upkeep.standing(asking).version == schema.VERSION
            ClickHouseHeld(cluster, "troubled").put([a_cell()])
            assert await requests(source) == 10


async def test_tables_of_a_newer_program_are_left_alone(address, tmp_path):
    with closing(Cluster([address], Shape("newer"), patience_s=60)) as cluster:
        asking = cluster.asking()
        asking.run("DROP DATABASE IF EXISTS newer")
        upkeep.migrate(asking)
        asking.run("INSERT INTO $version (version) SELECT 99")
        async with asked_at(address, tmp_path=tmp_path, clickhouse_database="newer") as source:
            assert (await told(source, StoreError)).endswith("newer than this program; update edgedns-mcp.")
        with pytest.raises(StoreError, match="newer than this program, nothing was changed"):
            upkeep.migrate(asking)


async def test_without_the_optional_part_the_sentence_names_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    async with asked_at("http://127.0.0.1:1", tmp_path=tmp_path) as source:
        assert await told(source, ConfigurationError) == "Install edgedns-mcp[clickhouse] to use this source."


@pytest.mark.parametrize("layout", ["replicated", "distributed"])
def test_every_statement_of_every_layout_is_understood(engine_url, layout):
    shape = Shape("edgedns", layout, "main", 90)
    made = [statement for one in schema.migrations(shape) for statement in (*one.makes, *one.fills)]
    deletions = [schema.deletion(shape, table).replace("{attempts:Array(UInt64)}", "[1]") for table in schema.HELD]
    statements = [schema.database(shape), *made, schema.lapse(shape), *deletions]
    with closing(a_cluster(engine_url)) as cluster:
        for statement in statements:
            assert cluster.asking().rows(f"EXPLAIN AST {statement}")
    made = [statement for statement in statements if "Distributed(" in statement]
    assert len(made) == (len(schema.TABLES) if layout == "distributed" else 0)


def test_a_layout_of_several_hosts_needs_a_cluster(address):
    cluster = Cluster([address], Shape("edgedns", "replicated"))
    with closing(cluster), pytest.raises(ConfigurationError, match="EDGEDNS_CLICKHOUSE_CLUSTER"):
        upkeep.migrate(cluster.asking())
