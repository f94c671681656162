"""Entry points: extracts of every kind, and the steward's own lists."""

from __future__ import annotations

import functools
import io
import sqlite3
import zipfile

from .world import TODAY, made


def _register(name: str = "pupils") -> object:
    return made().agreement.register_of(name)


def _read(data: bytes, **declared: str) -> None:
    from sauma import readers
    from sauma.project import RegisterFiles

    for batch in readers.stream(made().file(data), _register(), RegisterFiles(extract="x", **declared)):  # type: ignore[arg-type]
        assert batch.columns.num_rows == len(batch.rows)
        batch.columns.validate(full=True)


def csv(data: bytes) -> None:
    """An extract with nothing declared."""
    _read(data)


def csv_encodings(data: bytes) -> None:
    """The first byte chooses what is declared."""
    first = data[:1] or b"\0"
    encoding = ("utf-8", "utf-8-sig", "cp1252", "iso8859-1", "iso8859-15", "latin-1", "utf-16", data[1:9].decode("latin-1"))[first[0] % 8]
    delimiter = (";", ",", "tab", "|", data[1:2].decode("latin-1") or "x")[first[0] // 8 % 5]
    _read(data[1:], encoding=encoding, delimiter=delimiter, decimal=("comma", "point")[first[0] % 2])


def csv_seeds() -> list[bytes]:
    """Small files in every dialect."""
    names = [field.name for field in _register().columns]  # type: ignore[attr-defined]
    rows = [names, ["040512A900R", "Päivi Åsa", 'Mäkelä "von" Š', "2012-05-04", "7", "a;b,c|d"], ["", "", "", "4.5.2012", "1 234", "Ñandú"]]
    found = []
    for delimiter in ";,\t|":
        for end in ("\n", "\r\n"):
            text = end.join(
                delimiter.join('"' + cell.replace('"', '""') + '"' if index else cell for cell in row) for index, row in enumerate(rows)
            )
            found += [
                text.encode(),
                b"\xef\xbb\xbf" + text.encode(),
                text.encode("cp1252"),
                text.encode("utf-16"),
                b"\x0a" + text.encode("cp1252"),
            ]
    return found


def history(data: bytes) -> None:
    """Changed identity codes."""
    from sauma import readers

    readers.read_history(made().file(data))


def opt_out(data: bytes) -> None:
    """Those who opted out."""
    from sauma import readers

    readers.read_opt_out(made().file(data))


def list_seeds() -> list[bytes]:
    """Both lists, and one whose changes turn in a circle."""
    from privacy.pseudonymise.hetu import compose

    one, other = (compose(TODAY, number, "A").encode() for number in (900, 901))
    return [
        b"old;current\n%b;%b\n" % (one, other), b"old,current\r\n%b,%b\r\n" % (other, one), b"current\told\n%b\t%b\n" % (one, other),
        b"hetu\n%b\n\n%b \n" % (one, other), b'\xef\xbb\xbfhetu\r\n"%b"\r\n' % one, b"old;current\n%b;%b\n%b;%b\n" % (one, other, other, one),
    ]  # fmt: skip


def parquet(data: bytes) -> None:
    """A Parquet file: what does not begin like one is judged as text, so the beginning is kept."""
    _read(b"PAR1" + data[4:])


def parquet_seeds() -> list[bytes]:
    """Of several types and encodings."""
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [field.name for field in _register().columns]  # type: ignore[attr-defined]
    columns = [["040512A900R", None], ["Päivi", "Åsa"], ["Mäkelä", None], [datetime.date(2012, 5, 4), None], [7, 8], ["a", "b"]]
    table = pa.table(columns, names)
    found = []
    for options in (
        {},
        {"compression": "none", "use_dictionary": False},
        {"compression": "zstd", "data_page_version": "2.0"},
        {"compression": "gzip"},
    ):
        sink = io.BytesIO()
        pq.write_table(table, sink, **options)
        found.append(sink.getvalue())
    return found


def xlsx(data: bytes) -> None:
    """A spreadsheet's zip."""
    _read(b"PK\x03\x04" + data[4:])


def xlsx_seeds() -> list[bytes]:
    """One sheet, two sheets, stored and deflated."""
    import openpyxl

    names = [field.name for field in _register().columns]  # type: ignore[attr-defined]
    book = openpyxl.Workbook()
    for row in (names, ["040512A900R", "Päivi", "Mäkelä", "2012-05-04", 7, "a"], [None, "Åsa", None, TODAY, 8.0, True]):
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    stored = io.BytesIO()
    with zipfile.ZipFile(sink) as packed, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as out:
        for name in packed.namelist():
            out.writestr(name, packed.read(name))
    return [sink.getvalue(), stored.getvalue()]


@functools.cache
def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(xlsx_seeds()[1])) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def xlsx_sheet(data: bytes) -> None:
    """One part of a spreadsheet, in an otherwise good zip; the first byte says which."""
    parts = _parts()
    name = sorted(parts)[(data[:1] or b"\0")[0] % len(parts)]
    made_again = io.BytesIO()
    with zipfile.ZipFile(made_again, "w", zipfile.ZIP_STORED) as packed:
        for other, content in parts.items():
            packed.writestr(other, data[1:] if other == name else content)
    _read(made_again.getvalue())


def xlsx_sheet_seeds() -> list[bytes]:
    """Each part behind the byte that names it."""
    return [bytes([number]) + _parts()[name] for number, name in enumerate(sorted(_parts()))]


def glance(data: bytes) -> None:
    """An extract that nobody has described yet."""
    from sauma import glancing

    glancing.glance(made().file(data))


def glance_seeds() -> list[bytes]:
    """Of every kind."""
    return [*csv_seeds(), *parquet_seeds(), *xlsx_seeds()]


def connection(data: bytes) -> None:
    """A connection file; no network: hosts are refused by the name of a socket that is not there."""
    from sauma.readers import database

    database._url(made().file(data, "url"))


def connection_seeds() -> list[bytes]:
    """URLs of many kinds."""
    return [
        b"postgresql+psycopg://user:password@host:5432/base?sslmode=require\n", b"sqlite:///base.db", b"sqlite:////abs/base.db",
        b"postgresql://u:p%40@[::1]/x?application_name=a", b"mysql://u@h/x", b"oracle+cx://u:p@h:1/?a=b",
    ]  # fmt: skip


def query(data: bytes) -> None:
    """A statement, run on a small SQLite database if it is one SELECT."""
    from sauma import readers

    source = readers.Query(_database(), made().file(data, "query.sql"))
    for batch in readers.stream(source, _register(), None):  # type: ignore[arg-type]
        batch.columns.validate(full=True)


@functools.cache
def _database() -> object:
    from sauma.readers import database

    database.QUERY_SECONDS = 1  # type: ignore[misc]
    database.STEPS_BETWEEN_LOOKS = 1_000  # type: ignore[misc]
    names = [field.name for field in _register().columns]  # type: ignore[attr-defined]
    with sqlite3.connect(made().folder / "base.db") as base:
        base.execute(f"CREATE TABLE pupils ({', '.join(names)})")
        base.execute("INSERT INTO pupils VALUES ('040512A900R', 'Päivi', 'Mäkelä', '2012-05-04', 7, 'a')")
    base.close()
    return made().file(b"sqlite:///base.db", "connection")


def query_seeds() -> list[bytes]:
    """Statements that select, and some that do not."""
    names = ", ".join(field.name for field in _register().columns)  # type: ignore[attr-defined]
    return [
        f"SELECT {names} FROM pupils WHERE luokka > 5 -- :a 10 %\n;".encode(), b"SELECT * FROM pupils UNION ALL SELECT * FROM pupils ORDER BY 1",
        b"WITH x AS (SELECT *, row_number() OVER (ORDER BY luokka) AS n FROM pupils) SELECT * FROM x", b"DELETE FROM pupils RETURNING *",
        b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT pupils.* FROM pupils, n", b"VALUES (1, 2, 3, 4, 5, 6)",
    ]  # fmt: skip
