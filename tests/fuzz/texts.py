"""Entry points: what people write, and the words of registers."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from .world import TODAY, made, tomls, vectors


def project(data: bytes) -> None:
    """``sauma.toml``."""
    from sauma.project import ProjectFile
    from schemas.contract import load_toml, parse

    parse(ProjectFile, load_toml(data, place="x"), place="x")


def project_seeds() -> list[bytes]:
    """Everything that it can say, and the least."""
    whole = b"""party = "municipality"\nagreement = "agreement.toml"\nkey = "a.key"\nout = "."\n[register.early_education]
extract = "e.csv"\nhistory = "h.csv"\nopt_out = "o.csv"\ndelimiter = "tab"\nencoding = "cp1252"\ndecimal = "comma"\nsheet = "A"
[register.loans]\nquery = "loans.sql"\nconnection = "url"\n"""
    least = b'party = "espoo"\nagreement = "../agreement.toml"\n[register.pupils]\nextract = "extract.csv"\n'
    return [whole, least]


def agreement(data: bytes) -> None:
    """``agreement.toml``."""
    from schemas.agreement import load
    from schemas.contract import load_toml

    load(load_toml(data, place="x"), place="x").canonical()


def agreement_seeds() -> list[bytes]:
    """The tests' agreement and those of the examples."""
    return [made().text.encode(), *tomls("agreement.toml"), *tomls("febrl?.toml")]


def request(data: bytes) -> None:
    """``request.toml``, and every table of it planned."""
    from privacy.tabulate.plans import plan
    from sauma.asking import read_request
    from schemas.errors import SaumaError

    found = read_request(made().file(data), made().agreement)
    for table in found.table[:3]:
        with contextlib.suppress(SaumaError):
            plan(found, table.id, made().agreement, vintage="0" * 64)


def request_seeds() -> list[bytes]:
    """Those of the examples and the demonstration."""
    return tomls("request*.toml")


def linkage_schema(data: bytes) -> None:
    """A linkage schema of clkhash, and values of each kind encoded under it."""
    import pyarrow as pa

    from privacy.pseudonymise.clk.encoding import encode
    from schemas.errors import SaumaError
    from schemas.linkage_versions import load

    schema = load(data, place="x")
    for value in ("", "7", "2018-01-31", "Väinö", "m", "1e3"):
        with contextlib.suppress(SaumaError):
            encode({feature.identifier: pa.array([value]) for feature in schema.features}, schema, b"secret")


def linkage_schema_seeds() -> list[bytes]:
    """Those of the vectors: every version and option, and what is refused."""
    found: dict[str, Any] = vectors("clk")
    return [json.dumps(case["schema"]).encode() for kind in ("cases", "broken") for case in found[kind]]


def expression(data: bytes) -> None:
    """The expression language."""
    from privacy.tabulate import expressions

    for part in expressions.walk(expressions.parse(data.decode("utf-8", "replace"), place="x")):
        repr(part)


def expression_seeds() -> list[bytes]:
    """The vectors."""
    return [case["text"].encode() for case in vectors("expressions")["cases"]]  # type: ignore[attr-defined]


def hetu(data: bytes) -> None:
    """A personal identity code, whole or in parts."""
    from privacy.pseudonymise import hetu as codes

    text = data.decode("utf-8", "replace")
    codes.parse(text, today=TODAY)
    codes.canonical(text)
    codes.whole(text)
    birth_date, _, tail = text.partition("/")
    codes.assemble(birth_date, tail)


def hetu_seeds() -> list[bytes]:
    """The vectors, and a birth date with its tail."""
    return [b"1.2.2003/901T", b"2003-02-01/-901T", *(case["text"].encode() for case in vectors("hetu")["cases"])]  # type: ignore[attr-defined]


def date(data: bytes) -> None:
    """A date as written."""
    from privacy.pseudonymise import normalise
    from privacy.pseudonymise.columns import iso_date

    text = data.decode("utf-8", "replace")
    normalise.calendar_date(text)
    iso_date(text)


def date_seeds() -> list[bytes]:
    """In every form that is read, and some that are not."""
    return [
        b"2012-05-04",
        b"4.5.2012",
        b"04.05.2012",
        b"20120504",
        b"2012-5-4",
        b"30.2.2012",
        b"0000-00-00",
        "４．５．２０１２".encode(),
        b"4/5/2012",
    ]


def name(data: bytes) -> None:
    """Names: parts, folded, by sound."""
    from privacy.pseudonymise import normalise
    from privacy.pseudonymise.checking import looks_identifying

    text = data.decode("utf-8", "replace")
    for part in (*normalise.given_names(text), *normalise.surnames(text), *normalise.name_parts(text), normalise.clean(text)):
        assert normalise.fold(normalise.fold(part)) == normalise.fold(part)
        normalise.sound(part)
    looks_identifying(text, phones=True)


def name_seeds() -> list[bytes]:
    """The vectors' inputs."""
    return [case["input"].encode() for case in vectors("normalise")["cases"] if isinstance(case["input"], str)]  # type: ignore[attr-defined]


def address(data: bytes) -> None:
    """Streets, numbers, postcodes, places, telephones."""
    import pyarrow as pa

    from privacy.pseudonymise import addresses, phones

    text = data.decode("utf-8", "replace")
    for function in (
        addresses.street,
        addresses.number_within,
        addresses.street_number,
        addresses.postcode,
        addresses.locality,
        addresses.nowhere,
    ):
        function(text)
    several = [part for part in text.split("\n") if part]
    if phones.phones(pa.array(several, pa.string())).to_pylist() != [phones.phone(part) for part in several]:
        raise AssertionError("telephones at once and one by one differ")


def fingerprint(data: bytes) -> None:
    """A fingerprint as it was read out and typed."""
    from sauma import fingerprints

    fingerprints.typed(data.decode("utf-8", "replace"))


def fingerprint_seeds() -> list[bytes]:
    """A good one, and shorter ones."""
    shown = made().keys["espoo"].public.fingerprint
    return [shown.encode(), shown.upper().encode(), shown[:9].encode(), shown.replace("-", " ").encode()]
