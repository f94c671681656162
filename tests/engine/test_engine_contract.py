"""What every engine must do.  A second engine joins by adding a line to ``ENGINES``."""

from __future__ import annotations

import contextlib
import traceback

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma.engine.duckdb import INCOMING, DuckDbEngine, EngineFailure
from sauma.engine.steps import undeclared
from schemas.errors import InputError
from schemas.step import Step

ENGINES = {"duckdb": DuckDbEngine}
SECRET = "Aino-Kanariainen"
TABLE = pa.table({"a": pa.array([3, 1, 2]), "b": pa.array([b"x" * 16, None, b"y" * 16], pa.binary(16)), "c": ["p", SECRET, None]})


@pytest.fixture(params=ENGINES)
def engine(request):
    return ENGINES[request.param]()


def test_what_is_loaded_comes_back(engine):
    engine.load("t", TABLE)
    found = engine.fetch("t", rows_max=3, order_by=("a",))
    assert found["a"].to_pylist() == [1, 2, 3]
    assert found["b"].to_pylist() == [None, b"y" * 16, b"x" * 16]
    assert found["c"].to_pylist() == [SECRET, None, "p"]


def test_a_stream_is_read_whole(engine):
    engine.scan("t", pa.Table.from_batches(TABLE.to_batches() * 40).to_reader())
    engine.run([Step("count", 'SELECT COUNT(*) AS n, CAST(SUM("a") AS BIGINT) AS s FROM "t"', ("t",), "n")])
    assert engine.fetch("n", rows_max=1).to_pylist() == [{"n": 120, "s": 240}]


def test_a_relation_is_written_as_a_stream_while_others_are_read(engine):
    engine.load("t", TABLE)
    stream = engine.write("t")
    assert engine.fetch("t", rows_max=3).num_rows == 3
    assert sorted(stream.read_all()["a"].to_pylist()) == [1, 2, 3]


def test_steps_run_in_order_with_parameters(engine):
    engine.load("t", TABLE)
    engine.run(
        [
            Step("one", "SELECT a, b, ? AS tag FROM t WHERE a > ?", ("t",), "one", ("x", 1)),
            Step(
                "two", "WITH most AS (SELECT MAX(a) AS a FROM one) SELECT o.a, o.tag FROM one o JOIN most m ON o.a = m.a", ("one",), "two"
            ),
        ]
    )
    assert engine.fetch("two", rows_max=5).to_pylist() == [{"a": 3, "tag": "x"}]


def test_binary_values_join_by_their_bytes_and_absent_ones_never(engine):
    engine.load("t", TABLE)
    engine.load("u", TABLE)
    engine.run([Step("join", "SELECT x.a FROM t x JOIN u y ON x.b = y.b", ("t", "u"), "j")])
    assert engine.fetch("j", rows_max=9, order_by=("a",))["a"].to_pylist() == [2, 3]


def test_more_rows_than_allowed_are_refused(engine):
    engine.load("t", TABLE)
    with pytest.raises(EngineFailure):
        engine.fetch("t", rows_max=2)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM u",
        "SELECT * FROM t JOIN u ON t.a = u.a",
        "SELECT (SELECT MAX(a) FROM u) AS a FROM t",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM TABLE_OF_PYTHON",
    ],
)
def test_a_step_names_only_what_it_declares(engine, sql):
    TABLE_OF_PYTHON = TABLE  # noqa: F841, N806 -- an engine that looks into Python's variables would find it
    engine.load("t", TABLE)
    engine.load("u", TABLE)
    with pytest.raises(EngineFailure):
        engine.run([Step("bad", sql, ("t",), "bad")])


def test_a_name_is_taken_once(engine):
    engine.load("t", TABLE)
    with pytest.raises(EngineFailure):
        engine.load("t", TABLE)
    with pytest.raises(EngineFailure):
        engine.load(INCOMING, TABLE)
    with pytest.raises(EngineFailure):
        engine.fetch("never_made", rows_max=1)


def test_what_is_dropped_is_gone_and_its_name_stays_taken(engine):
    engine.load("t", TABLE)
    engine.run([Step("copy", "SELECT a FROM t", ("t",), "kept")])
    engine.drop(["t"])
    for again in (
        lambda: engine.fetch("t", rows_max=3),
        lambda: engine.write("t"),
        lambda: engine.drop(["t"]),
        lambda: engine.load("t", TABLE),
        lambda: engine.run([Step("read", "SELECT a FROM t", ("t",), "u")]),
    ):
        with pytest.raises(EngineFailure):
            again()
    assert sorted(engine.fetch("kept", rows_max=3)["a"].to_pylist()) == [1, 2, 3]


def test_what_is_dropped_is_memory_again():
    engine, numbers = DuckDbEngine(memory_mb=64, threads=1), pa.table({"a": np.random.default_rng(1).integers(0, 2**62, 3_000_000)})
    for number in range(8):  # 24 MB each
        engine.load(f"dropped{number}", numbers)
        assert engine.fetch(f"dropped{number}", rows_max=3_000_000).num_rows == 3_000_000
        engine.drop([f"dropped{number}"])
    engine.load("kept0", numbers)
    engine.load("kept1", numbers)
    with pytest.raises(InputError, match="S3200"):
        engine.load("kept2", numbers)


def test_a_failure_shows_no_value(engine):
    engine.load("t", TABLE)
    with pytest.raises(EngineFailure) as failed:
        engine.run([Step("cast", "SELECT CAST(c AS INTEGER) AS c FROM t", ("t",), "bad")])
    text = "".join(traceback.format_exception(failed.value))
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None
    assert SECRET not in text
    assert "ConversionException" in text


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**60), 2**60), st.integers(0, 3)), max_size=40))
def test_integers_are_counted_and_summed_exactly(rows):
    for make in ENGINES.values():
        engine = make()
        engine.load("t", pa.table({"v": pa.array([v for v, _ in rows], pa.int64()), "g": pa.array([g for _, g in rows], pa.int64())}))
        engine.run([Step("sum", "SELECT g, COUNT(*) AS n, MIN(v) AS v FROM t GROUP BY g", ("t",), "s")])
        found = {row["g"]: (row["n"], row["v"]) for row in engine.fetch("s", rows_max=4).to_pylist()}
        assert found == {g: (sum(h == g for _, h in rows), min(v for v, h in rows if h == g)) for g in {g for _, g in rows}}


def test_duckdb_is_shut(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connection = DuckDbEngine()._connection
    for forbidden in (
        "SET enable_external_access = true",
        "SET memory_limit = '1GB'",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        f"ATTACH '{tmp_path}/x.db'",
    ):
        with pytest.raises(Exception, match=r"(?i)lock|disabled|permission|configuration|file system|extension"):
            connection.execute(forbidden)
    assert list(tmp_path.iterdir()) == []


def test_duckdb_without_a_spill_folder_refuses_what_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    numbers = pa.table({"a": np.random.default_rng(1).integers(0, 2**62, 3_000_000)})
    engine = DuckDbEngine(memory_mb=16, threads=1)
    with pytest.raises(InputError) as refused:
        engine.load("t", numbers)
    assert refused.value.code == "S3200"
    assert list(tmp_path.iterdir()) == []


def test_duckdb_spills_to_the_declared_folder_only(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "spill").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    numbers = pa.table({"a": np.random.default_rng(1).integers(0, 2**62, 3_000_000)})
    engine = DuckDbEngine(memory_mb=40, threads=1, spill=tmp_path / "spill")
    engine.load("t", numbers)
    with contextlib.suppress(InputError):
        engine.run([Step("sort", "SELECT a, ROW_NUMBER() OVER (ORDER BY a) AS n FROM t", ("t",), "g")])
    assert list((tmp_path / "here").iterdir()) == []


def test_common_table_expressions_are_a_steps_own():
    assert undeclared(Step("x", "WITH c AS (SELECT * FROM t) SELECT * FROM c", ("t",), "o")) == frozenset()
    assert undeclared(Step("x", "SELECT * FROM range(3)", (), "o")) != frozenset()
