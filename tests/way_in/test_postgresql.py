"""A query to a real PostgreSQL on loopback, for ``make test-full``: streamed, read only, and its words never repeated."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sources_world as sources
import way_in_world as world

from sauma import readers
from sauma.readers import database
from schemas.errors import InputError

pytestmark = pytest.mark.full
PASSWORD = "kanarialintu-" + secrets.token_hex(8)
ROWS = 1_000_000
COLUMNS = {
    "hetu": "'010203A901T'",
    "sukunimi": "'Mäkelä'",
    "syntymäaika": "DATE '2012-05-04'",
    "kunta": "'049'",
    "tunnit": "31",
    "osuus": "1.5",
    "lisätieto": "'x'",
}


@dataclass(frozen=True)
class Server:
    """A running server of our own, and the folder that connection files lie in."""

    port: int
    folder: Path

    def execute(self, statement: str) -> None:
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=boss password={PASSWORD} dbname=postgres", autocommit=True) as link:
            link.execute(statement)

    def query(self, statement: str, *, password: str = PASSWORD) -> readers.Query:
        url = f"postgresql+psycopg://boss:{password}@127.0.0.1:{self.port}/postgres"
        (self.folder / "url").write_text(url, encoding="utf-8")
        (self.folder / "url").chmod(0o600)
        (self.folder / "pupils.sql").write_text(statement, encoding="utf-8")
        return readers.Query(self.folder / "url", self.folder / "pupils.sql")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert programs, "make test-full needs PostgreSQL: apt-get install postgresql"
    programs_folder, home = programs[-1].parent, Path(tempfile.mkdtemp(prefix="sauma-postgresql-"))
    as_user = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(home, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "password").write_text(PASSWORD, encoding="utf-8")
    (home / "password").chmod(0o644)
    made = [f"--pgdata={home}/data", "--username=boss", f"--pwfile={home}/password", "--auth=scram-sha-256", "--encoding=UTF8"]
    subprocess.run([*as_user, programs_folder / "initdb", *made, "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=home)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=32MB"]
    arguments = [part for setting in settings for part in ("-c", setting)]
    running = subprocess.Popen(
        [*as_user, programs_folder / "postgres", "-D", home / "data", *arguments],
        cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        found = Server(port, tmp_path_factory.mktemp("connection"))
        _wait(found, running)
        yield found
    finally:
        running.terminate()
        running.wait(60)
        shutil.rmtree(home)


def _wait(server: Server, running: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert running.poll() is None, "PostgreSQL ended"
        with contextlib.suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return
        time.sleep(0.1)
    pytest.fail("PostgreSQL did not start")


def selecting(**changes: str) -> str:
    return "SELECT " + ", ".join(f"{expression} AS {name}" for name, expression in (COLUMNS | changes).items())


def read(source: readers.Query) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for row in readers.read_extract(source, sources.REGISTER, None).columns.to_pylist()]


def refused(source: readers.Query, code: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read(source)
    error = caught.value
    told = " ".join([str(error), error.hint, *(f"{fault.column} {fault.reason}" for fault in error.faults)])
    assert (error.code, reason in told) == (code, True), told
    assert error.__context__ is None
    assert not any(word in told for word in ("Mäkelä", "901T", PASSWORD, "kanaria"))


def test_a_query_gives_text(server: Server) -> None:
    assert read(server.query(selecting())) == [sources.TEXT]
    noted = selecting(lisätieto="' :no 10 % \\:x ' || '12:30:00'::text") + " -- :none 5 %\n;\n"
    assert read(server.query(noted))[0][-1] == ":no 10 % \\:x 12:30:00"
    assert read(server.query(selecting(osuus="12345678901234567890.123456789::numeric", tunnit="NULL::int")))[0][4:6] == (
        None,
        "12345678901234567890.123456789",
    )
    assert read(server.query(selecting(syntymäaika="TIMESTAMP '2012-05-04 00:00'", lisätieto="true")))[0][::2] == (
        "010203A901T", "2012-05-04", "31", "true",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "expression", "code", "reason"),
    [
        ("kunta", "49", "S3020", "leading zeros are lost"),
        ("syntymäaika", "TIMESTAMPTZ '2012-05-04 00:00+03'", "S3020", "a time zone"),
        ("syntymäaika", "TIMESTAMP '2012-05-04 01:00'", "S3020", "a time of day"),
        ("syntymäaika", "DATE '0044-03-15 BC'", "S3022", "DataError"),
        ("syntymäaika", "DATE 'infinity'", "S3022", "DataError"),
        ("lisätieto", "'\\xdeadbeef'::bytea", "S3020", "not read"),
        ("lisätieto", "'[1]'::jsonb", "S3020", "not read"),
        ("lisätieto", "ARRAY['Mäkelä']", "S3020", "not read"),
        ("lisätieto", "TIME '01:02'", "S3020", "not read"),
        ("osuus", "'NaN'::numeric", "S3020", ""),
        ("osuus", "'NaN'::float8", "S3020", "no number"),
        ("lisätieto", "chr(0)", "S3022", "("),
        ("tunnit", "'Mäkelä'::int", "S3022", "InvalidTextRepresentation"),
        ("tunnit", "1 / (31 - 31)", "S3022", "DivisionByZero"),
        ("lisätieto", "kanaria", "S3022", "UndefinedColumn"),
        ("lisätieto", "repeat('x', 20000)", "S3007", "too long"),
    ],
)
def test_values_that_cannot_be_said_are_refused(server: Server, column: str, expression: str, code: str, reason: str) -> None:
    refused(server.query(selecting(**{column: expression})), code, reason)


def test_a_wrong_password_is_not_repeated(server: Server) -> None:
    refused(server.query(selecting(), password="kanaria"), "S3022", "OperationalError")


def test_a_query_cannot_write_and_cannot_last(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.execute("CREATE TABLE touched (n int)")
    server.execute("CREATE FUNCTION evil() RETURNS text LANGUAGE sql AS 'INSERT INTO touched VALUES (1) RETURNING n::text'")
    refused(server.query(selecting(lisätieto="evil()")), "S3022", "ReadOnlySqlTransaction")
    refused(server.query(selecting() + " FROM touched FOR UPDATE"), "S3022", "not one SELECT")
    with psycopg.connect(f"host=127.0.0.1 port={server.port} user=boss password={PASSWORD} dbname=postgres") as link:
        assert link.execute("SELECT count(*) FROM touched").fetchone() == (0,)
    monkeypatch.setattr(database, "QUERY_SECONDS", 1)
    refused(server.query(selecting(lisätieto="pg_sleep(60)::text")), "S3022", "QueryCanceled")


def test_a_connection_that_breaks_midway_is_refused(server: Server) -> None:
    endless = selecting(lisätieto="repeat('x', 100)") + " FROM generate_series(1, 3000000)"
    batches = readers.stream(server.query(endless), sources.REGISTER, None)
    assert len(next(batches).rows) > 0
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'boss'")
    with pytest.raises(InputError, match="S3022") as caught:
        list(batches)
    assert caught.value.__context__ is None


MANY = (
    world.PEAK
    + """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import sources_world as sources
import way_in_world as world
from sauma import readers
connection, statement = Path(sys.argv[2]), Path(sys.argv[3])
def rows(count):
    statement.write_text(sys.argv[4] + f" FROM generate_series(1, {count})", encoding="utf-8")
    return sum(len(batch.rows) for batch in readers.stream(readers.Query(connection, statement), sources.REGISTER, None))
assert rows(50_000) == 50_000
before = peak()
assert rows(int(sys.argv[5])) == int(sys.argv[5])
print((peak() - before) // 1024)
"""
)


def test_a_million_rows_need_no_more_memory_than_a_few(server: Server) -> None:
    """At most 30 MiB more for 1,000,000 rows than for 50,000."""
    source = server.query(selecting())
    arguments = [str(Path(__file__).parent), str(source.connection), str(source.statement), selecting(), str(ROWS)]
    done = subprocess.run([sys.executable, "-c", MANY, *arguments], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 30
