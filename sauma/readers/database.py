"""A database query as batches of text columns: one SELECT, read only, through a server-side cursor, in bounded memory.

The connection file holds one SQLAlchemy URL with its password and belongs to its owner alone.  A driver's message
quotes rows, SQL and passwords, so none is ever shown: only the class of the error.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from sauma import files, reading
from sauma.readers import header, typed
from sauma.readers.source import Query
from schemas.errors import InputError
from schemas.register import Register

URL_BYTES_MAX: Final = 4_096
QUERY_BYTES_MAX: Final = 256 * 1024
DATABASE_BYTES_MAX: Final = 1024**4
CELL_BYTES_MAX: Final = 1024**2
BATCH_ROWS: Final = 16_384
CONNECT_SECONDS: Final = 30
QUERY_SECONDS: Final = 4 * 3600
STEPS_BETWEEN_LOOKS: Final = 100_000
"""Steps of SQLite's machine between two looks at the clock."""
OPTIONS: Final = frozenset(("sslmode", "sslrootcert", "application_name"))
"""What may follow the question mark of a PostgreSQL URL; SQLAlchemy would load a plugin that is named there."""
_FOREIGN: Final = (
    *(SQLAlchemyError, sqlite3.Error, OSError, ImportError, ValueError, TypeError, ArithmeticError),
    *(LookupError, AttributeError, RuntimeError, MemoryError),
)
"""What SQLAlchemy and a driver let escape."""


def batches(source: Query, register: Register, *, tell: Callable[[str], None]) -> Iterator[pa.Table]:
    """The rows that the statement of *source* selects as tables of text, columns in declared order.

    Raises ``InputError`` S3022 (the database, the statement), S3008 (columns), S3020 (types), S3006 (letters), and
    ``KeyProblem`` S6003 where others may read the connection file.
    """
    place = reading.shown(source.statement)
    url = _url(source.connection)
    statement = _statement(source.statement, url.get_backend_name(), place)
    names = [field.name for field in register.columns]
    with contextlib.ExitStack() as opened:
        result = _asked(url, source.connection, statement, opened, place)
        found = list(result.keys())
        header.check_names(found, names, place=place)
        tell(f"{place}: {url.get_backend_name()} query, {len(found)} columns")
        row = 1
        while rows := _fetched(result, place):
            yield _table(rows, found, register, row, place)
            row += len(rows)


def _url(path: Path) -> sql.URL:
    """The URL in *path*, of a kind that is read, with no option that loads or runs anything."""
    files.require_private(path)
    place = reading.shown(path)
    data = reading.read_bytes(path, limit=URL_BYTES_MAX)
    url, text = None, data.decode("utf-8", "replace").strip()
    if text.isprintable():
        try:
            url = sql.make_url(text)
        except _FOREIGN:
            url = None
    hint = "write one line: postgresql+psycopg://user:password@host/database, or sqlite:///file"
    if url is None:
        raise InputError("S3022", place=place, reason="the connection file does not hold one URL", hint=hint)
    if url.drivername not in ("postgresql", "postgresql+psycopg", "sqlite"):
        raise InputError("S3022", place=place, reason="a kind of database that is not read", hint=hint)
    if set(url.query) - (OPTIONS if url.get_backend_name() == "postgresql" else frozenset()):
        raise InputError("S3022", place=place, reason="the URL has options that are not taken", hint=f"only {', '.join(sorted(OPTIONS))}")
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _statement(path: Path, dialect: str, place: str) -> str:
    """The SQL in *path*, exactly one statement that selects."""
    import sqlglot  # heavy, and needed here only
    from sqlglot import errors, expressions

    data, reason, parsed = reading.read_bytes(path, limit=QUERY_BYTES_MAX), "", []
    try:
        text = data.decode("utf-8").removeprefix("\ufeff").strip().rstrip(";")
        parsed = [each for each in sqlglot.parse(text, dialect={"postgresql": "postgres"}.get(dialect, dialect)) if each is not None]
    except (errors.SqlglotError, ValueError, RecursionError, TypeError, AttributeError, LookupError):
        reason = "the statement is not understood"
    changing = (expressions.DML, expressions.DDL, expressions.Command, expressions.Into, expressions.Lock)
    selects = len(parsed) == 1 and isinstance(parsed[0], expressions.Query)
    if not reason and (not selects or any(not isinstance(each, expressions.Query) for each in parsed[0].find_all(*changing))):
        reason = "the statement is not one SELECT and nothing else"
    if reason:
        raise InputError("S3022", place=place, reason=reason, hint="one SELECT that names exactly the declared columns")
    return text


def _asked(url: sql.URL, connection: Path, statement: str, opened: contextlib.ExitStack, place: str) -> sql.CursorResult[Any]:
    """The open result of *statement* in a transaction that can only read; all is closed with *opened*."""
    result, failed = None, ""
    try:
        engine = _sqlite(url, connection) if url.get_backend_name() == "sqlite" else _postgresql(url)
        opened.callback(engine.dispose)
        link = opened.enter_context(engine.connect())
        link = link.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS)
        if url.get_backend_name() == "postgresql":
            link = link.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        result = link.execute(sql.text(statement.replace(":", "\\:")))  # a colon is no parameter here
        failed = "" if result.returns_rows else "NoRows"
    except _FOREIGN as problem:
        failed = _kind(problem)
    if failed or result is None:
        raise _refused(place, failed)
    return result


def _postgresql(url: sql.URL) -> sql.Engine:
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{QUERY_SECONDS}s",
        "lock_timeout": f"{CONNECT_SECONDS}s",
        "datestyle": "ISO",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments = {"connect_timeout": CONNECT_SECONDS, "options": options}
    return sql.create_engine(url, poolclass=sql.NullPool, hide_parameters=True, connect_args=arguments)


def _sqlite(url: sql.URL, connection: Path) -> sql.Engine:
    """The file of *url* (from the folder of the connection file), opened so that nothing can be written."""
    path, readable = connection.parent.absolute() / (url.database or ""), True
    try:
        with reading.regular(path, limit=DATABASE_BYTES_MAX):
            pass
    except InputError:  # it names the path, which stands in a file that others do not read
        readable = False
    if not readable:
        hint = "correct the path in it; it starts from the connection file's own folder"
        raise InputError("S3022", place=reading.shown(connection), reason="there is no such database file that you may read", hint=hint)
    ends = time.monotonic() + QUERY_SECONDS

    def connect() -> sqlite3.Connection:
        link = sqlite3.connect(f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True, timeout=CONNECT_SECONDS, check_same_thread=False)
        link.execute("PRAGMA query_only = ON")
        link.execute("PRAGMA trusted_schema = OFF")
        link.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL_BYTES_MAX)
        link.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        link.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
        return link

    return sql.create_engine("sqlite://", creator=connect, poolclass=sql.NullPool, hide_parameters=True)


def _fetched(result: sql.CursorResult[Any], place: str) -> Sequence[sql.Row[Any]]:
    rows: Sequence[sql.Row[Any]] = ()
    failed = ""
    try:
        rows = result.fetchmany(BATCH_ROWS)
    except _FOREIGN as problem:
        failed = _kind(problem)
    if failed:
        raise _refused(place, failed)
    return rows


def _table(rows: Sequence[sql.Row[Any]], found: Sequence[str], register: Register, row: int, place: str) -> pa.Table:
    columns = dict(zip(found, zip(*rows, strict=True), strict=True))
    texts = {}
    for field in register.columns:
        column = None
        try:
            column = pa.array(columns[field.name])
        except (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError):
            column = None
        if column is None or isinstance(column, pa.ChunkedArray):
            reason = "holds values of several types, or of one that is not read"
            hint = "cast it to text, a number or a date in the query"
            raise typed.refused(field, place, reason, hint)
        texts[field.name] = typed.as_text(column, field, row=row, place=place)
    return pa.table(texts)


def _kind(problem: BaseException) -> str:
    """The class of a driver's error: never its message."""
    name = type(getattr(problem, "orig", None) or problem).__name__
    return name if re.fullmatch(r"[A-Za-z0-9_]{1,60}", name) else "Error"


def _refused(place: str, kind: str) -> InputError:
    reason = f"the database did not give the extract ({kind})"
    hint = "try the statement in the database's own program; its message is not shown, because it may quote what it read"
    if kind == "ModuleNotFoundError":
        hint = "install the driver: pip install 'sauma[postgresql]'"
    return InputError("S3022", place=place, reason=reason, hint=hint)
