"""How fast an extract becomes a sealed package, and in how much memory.

    .venv/bin/python benchmarks/pseudonymise.py [--json] [--rows 1000000] [--standard 500000] [--sizes 10000,100000,...] [--no-peers] [--folder DIR]

Each extract is made here, of artificial people, and pseudonymised in a process of its own: CSV read, rows checked, codes judged,
tokens made, rows shuffled, package sealed, signed and durably in place.

``identity_rows_per_s``, ``identity_peak_mib``: a register with personal identity codes, eight columns that leave and no match
tokens.  ``rows_exponent``: the slope of log seconds over log rows of the same register in four sizes.  ``standard_500k_s``,
``standard_500k_peak_mib``: a register whose every person also leaves match tokens of the standard profile.  Seconds run from
the first byte read to the package under its final name; ``start_s`` is what the process took before (imports, keys).
Peaks are resident memory of the process at its highest.

Beside peers, which need a network the first time (``benchmarks/peers``): ``tokens_vs_openlinktoken`` and ``tokens_vs_spindle_token`` are how many
times more tokens a second a core ours makes (``benchmarks/token_speed.py``), ``clk_vs_clkhash`` how many times more Bloom filters (``benchmarks/clk.py``).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

SEED = 7
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
REPEATS = {10_000: 5, 100_000: 3}
CHUNK_ROWS = 250_000
FIRST_DAY, LAST_DAY = date(1930, 1, 1), date(2025, 12, 31)
SIGNS = {1900: "-YXWVU", 2000: "ABCDEF"}
CONTROL_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
NUMBERS = 100
STRIDE = 7_368_787
"""A prime: codes are taken this far apart from the list of all, so that neighbours in the file are strangers."""
TODAY = date(2026, 3, 1)
PASSPHRASE = b"a passphrase for benchmarks"
PARTIES = {"city": "steward", "linker": "linker", "analyst": "analyst", "officer": "officer"}
UNITS = [f"0{number}" for number in range(3000, 3400)]
GIVEN = ["Aino", "Eino", "Helmi", "Väinö", "Päivi", "Åsa", "Juha-Matti", "Maria", "Mohamed", "Olga", "Leo", "Ella", "Onni", "Lilja"]
SURNAMES = ["Virtanen", "Korhonen", "Mäkinen", "Nieminen", "Lindström", "Öhman", "Ali", "Ivanova", "Heikkinen", "Koskinen", "Salo", "Laine"]
STREETS = ["Kauppakatu", "Mannerheimintie", "Töölönkatu", "Storgatan", "Koulupolku", "Rantatie", "Puistokuja", "Kirkkokatu"]
Strings = npt.NDArray[np.str_]

PAYLOAD: tuple[dict[str, Any], ...] = (
    {"name": "kotikunta", "type": "code", "meaning": "municipality", "leaves": "as_is"},
    {"name": "yksikkö", "type": "code", "leaves": "as_is"},
    {"name": "palvelu", "type": "code", "leaves": "as_is", "codes": ["11", "12", "21", "22", "31"]},
    {"name": "alkoi", "type": "date", "leaves": "month"},
    {"name": "päättyi", "type": "date", "leaves": "year"},
    {"name": "käyntejä", "type": "integer", "leaves": "band_5", "minimum": 0, "maximum": 400},
    {"name": "pisteet", "type": "decimal", "leaves": "as_is"},
    {"name": "peruste", "type": "text", "leaves": "as_is"},
)
NAMED: tuple[dict[str, Any], ...] = (
    {"name": "etunimet", "type": "text", "meaning": "given_names"},
    {"name": "sukunimi", "type": "text", "meaning": "surname"},
    {"name": "syntymäaika", "type": "date", "meaning": "birth_date", "leaves": "year"},
    {"name": "katu", "type": "text", "meaning": "street"},
    {"name": "talo", "type": "text", "meaning": "street_number"},
    {"name": "postinumero", "type": "code", "meaning": "postcode"},
    {"name": "puhelin", "type": "text", "meaning": "phone"},
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time sauma pseudonymise.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the register without match tokens")
    parser.add_argument("--standard", type=int, default=500_000, help="rows of the register with match tokens; 0: leave it out")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="rows of the runs behind the exponent; empty: leave it out")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="also measure the peers, on --rows rows")
    parser.add_argument("--folder", type=Path, help="work in this folder (else a temporary one)")
    parser.add_argument("--one", nargs=2, metavar=("EXTRACT", "KIND"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(Path(arguments.one[0]), arguments.one[1])))
        return 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        sizes = [int(size) for size in arguments.sizes.split(",") if size]
        document = measured(arguments.rows, arguments.standard, sizes, Path(scratch))
        if arguments.peers:
            document |= beside_peers(arguments.rows, Path(scratch))
    print(json.dumps(document, indent=1) if arguments.json else "\n".join(f"{name}: {value}" for name, value in document.items()))
    return 0


def measured(rows: int, standard: int, sizes: list[int], folder: Path) -> dict[str, Any]:
    """All runs, and the figures made of them."""
    document: dict[str, Any] = {"machine": machine(), "rows": rows, "payload_columns": len(PAYLOAD)}
    runs = {size: fastest(size, "identity", folder) for size in dict.fromkeys([*sizes, rows])}
    document |= {"identity_rows_per_s": round(rows / runs[rows]["seconds"]), "identity_peak_mib": runs[rows]["peak_mib"]}
    document |= {f"identity_{name}": runs[rows][name] for name in ("seconds", "cpu_s", "start_s", "package_mib")}
    if len(sizes) > 1:
        seconds = {size: runs[size]["seconds"] for size in sizes}
        document |= {"rows_exponent": slope(seconds), "seconds_by_rows": seconds}
        document |= {f"{name}_by_rows": {size: runs[size][name] for size in sizes} for name in ("cpu_s", "peak_mib")}
    if standard:
        found = fastest(standard, "standard", folder)
        document |= {"standard_rows": standard, "standard_500k_s": found["seconds"], "standard_500k_peak_mib": found["peak_mib"]}
        document["standard_cpu_s"] = found["cpu_s"]
    return document


def beside_peers(rows: int, folder: Path) -> dict[str, Any]:
    """Our tokens and Bloom filters a second, and how many times theirs."""
    import clk
    import token_speed

    return token_speed.beside(rows, token_speed.PEERS, folder) | {
        name: value for name, value in clk.measured().items() if name != "machine"
    }


def slope(seconds: Mapping[int, float]) -> float:
    """The slope of the least-squares line of log seconds over log rows."""
    x, y = np.log(list(seconds)), np.log(list(seconds.values()))
    return round(float(np.polyfit(x, y, 1)[0]), 3)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    packages = ("numpy", "pyarrow", "cryptography")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
    }


def fastest(rows: int, kind: str, folder: Path) -> dict[str, Any]:
    """The fastest of the runs over an extract of *rows*, each in a process of its own."""
    path = folder / f"{kind}-{rows}.csv"
    write_extract(path, rows, kind)
    command = [sys.executable, __file__, "--one", str(path), kind]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(REPEATS.get(rows, 1))]
    path.unlink()
    return dict(min(runs, key=lambda run: float(run["seconds"])))


def one(path: Path, kind: str) -> dict[str, Any]:
    """Pseudonymise the extract in *path*, in this process, and say what it took."""
    began = time.perf_counter()
    from sauma import stages
    from sauma.package import read_package

    agreed, steward = world(kind, path.parent)
    register = agreed.register[0]
    package = path.with_suffix(".sauma")
    package.unlink(missing_ok=True)
    begin, cpu = time.perf_counter(), time.process_time()
    run_stage(stages, path, register, agreed, steward, package, os.urandom)
    seconds, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    found = {
        "seconds": round(seconds, 3),
        "cpu_s": round(cpu_s, 3),
        "start_s": round(begin - began, 3),
        "peak_mib": peak_mib(),
        "package_mib": round(package.stat().st_size / 1024**2, 1),
    }
    read_package(package, agreed)  # what was timed is a package
    package.unlink()
    return found


def run_stage(stages: Any, path: Path, register: Any, agreed: Any, steward: Any, package: Path, entropy: Any) -> None:
    """From the first byte read to the package in place."""
    from privacy.pseudonymise.pipeline import Local
    from sauma.readers import stream

    local = Local(TODAY, {}, frozenset())
    rows = stream(path, register, None)
    stages.pseudonymise(rows, register, agreed, steward, linkage_key=bytes(32), local=local, out=package, entropy=entropy)


def peak_mib() -> int:
    """The highest resident memory of this process, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # not getrusage: its figure is inherited from the parent across fork and exec
        return round(next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def world(kind: str, folder: Path) -> tuple[Any, Any]:
    """The agreement and the steward's opened key."""
    from sauma import files, keys
    from schemas import agreement

    made = {party: keys.create(party, PASSPHRASE) for party in PARTIES}
    columns = [{"name": "hetu", "type": "text", "meaning": "hetu"}, *(NAMED if kind == "standard" else ()), *PAYLOAD]
    titled = {"title": {"fi": "Palvelut"}, "controller": "city", "legal_basis": "none: synthetic", "collected_for": "benchmarks"}
    window = {"coverage": "everybody", "window": {"first": "2024-01-01", "last": "2025-12-31"}, "rows": "person"}
    register = {"id": "services", **titled, **window, "match_tokens": kind == "standard", "columns": columns}
    document = {
        "format": "sauma/agreement/v0",
        "name": "A benchmark",
        "purpose": "To measure",
        "valid_from": "2026-01-01",
        "valid_until": "2099-12-31",
        "demonstration": True,
        "party": [{"id": party, "name": party, "roles": [role], "public_key": made[party][1].line} for party, role in PARTIES.items()],
        "register": [register],
        "linkage": {"family_as_of": "2025-12-31", "artificial_hetu": "link"},
        "release": [{"audience": "internal", "kinds": ["EXACT"], "minimum_persons": 5, "minimum_families": 3}],
        "budget": {"total": "1"},
        "retention": {"until": "2099-12-31"},
    }
    path = folder / "city.key"
    files.write_private(path, made["city"][0])
    return agreement.load(document, place="benchmark"), keys.load(path, PASSPHRASE)


def write_extract(path: Path, rows: int, kind: str) -> None:
    """An extract of *rows* artificial people, as a steward's system writes it: semicolons, UTF-8, quotes where needed."""
    random = np.random.default_rng(SEED)
    with path.open("wb") as sink:
        for place, table in enumerate(tables(rows, kind, random)):
            csv.write_csv(table, sink, csv.WriteOptions(include_header=not place, delimiter=";", quoting_style="needed"))


def tables(rows: int, kind: str, random: np.random.Generator) -> Iterator[pa.Table]:
    """The extract in pieces."""
    for start in range(0, rows, CHUNK_ROWS):
        numbers = np.arange(start, min(start + CHUNK_ROWS, rows))
        columns = {"hetu": pa.array(codes(numbers))}
        if kind == "standard":
            columns |= named(len(numbers), random)
        yield pa.table(columns | payload(len(numbers), random))


def codes(numbers: npt.NDArray[np.int64]) -> Strings:
    """The *numbers*-th artificial personal identity codes, all different: every day, sign and individual number 900-999."""
    days = (LAST_DAY - FIRST_DAY).days + 1
    places = numbers * STRIDE % (days * NUMBERS * 6)
    day = np.datetime64(FIRST_DAY) + places // (NUMBERS * 6)
    number, sign = 900 + places // 6 % NUMBERS, places % 6
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    short = (day - month).astype(np.int64) * 10_000 + 10_000 + (month.astype(np.int64) % 12 + 1) * 100 + year % 100
    letters = np.array([*SIGNS[1900], *SIGNS[2000]])[sign + 6 * (year >= 2000)]
    control = np.array(list(CONTROL_CHARACTERS))[(short * 1000 + number) % 31]
    text = np.strings.zfill(short.astype("U6"), 6)
    return np.strings.add(np.strings.add(text, letters), np.strings.add(number.astype("U3"), control))


def payload(rows: int, random: np.random.Generator) -> dict[str, pa.Array]:
    """Eight columns of the kinds that registers send: codes, dates, counts, a decimal, a short text."""
    begun = random.integers(0, 730, rows)
    reasons = [f"{what} {why}" for what in ("hakemus", "lähete", "yhteydenotto", "päätös") for why in range(60)]
    return {
        "kotikunta": chosen(["049", "091", "092", "235", "257"], rows, random),
        "yksikkö": chosen(UNITS, rows, random),
        "palvelu": chosen(["11", "12", "21", "22", "31", ""], rows, random),
        "alkoi": written_days(date(2024, 1, 1), begun),
        "päättyi": written_days(date(2024, 1, 1), begun + random.integers(0, 400, rows)),
        "käyntejä": pa.array(random.integers(0, 40, rows)).cast(pa.string()),
        "pisteet": pa.array(np.strings.replace((random.integers(0, 100_000, rows) / 100).astype("U8"), ".", ",")),
        "peruste": chosen(reasons, rows, random),
    }


def named(rows: int, random: np.random.Generator) -> dict[str, pa.Array]:
    """Names, birth dates and addresses; distinct values in the numbers that half a million people have."""
    syllables = np.array([a + b for a in "bdfghjklmnprstv" for b in ("a", "e", "i", "o", "u", "y", "ä", "ö")])
    tails = np.strings.add(syllables[random.integers(0, 120, rows)], syllables[random.integers(0, 120, rows) // 4])
    number = random.integers(1, 120, rows).astype("U3")
    flat = random.integers(1, 60, rows).astype("U2")
    second = np.array(GIVEN)[random.integers(0, len(GIVEN), rows)]
    return {
        "etunimet": pa.array(np.strings.add(np.strings.add(np.array(GIVEN)[random.integers(0, len(GIVEN), rows)], " "), second)),
        "sukunimi": pa.array(np.strings.add(np.array(SURNAMES)[random.integers(0, len(SURNAMES), rows)], tails)),
        "syntymäaika": written_days(date(1935, 1, 1), random.integers(0, 33_000, rows)),
        "katu": pa.array(np.strings.add(np.strings.title(tails), np.array(STREETS)[random.integers(0, len(STREETS), rows)])),
        "talo": pa.array(np.strings.add(np.strings.add(number, " A "), flat)),
        "postinumero": pa.array(np.strings.zfill((random.integers(0, 300, rows) * 10 + 100).astype("U5"), 5)),
        "puhelin": pa.array(np.strings.add("040", random.integers(1_000_000, 9_999_999, rows).astype("U7"))),
    }


def chosen(values: list[str], rows: int, random: np.random.Generator) -> pa.Array:
    """One of *values* a row, some far more often than others."""
    weights = 1 / np.arange(1, len(values) + 1)
    return pa.array(values).take(pa.array(random.choice(len(values), rows, p=weights / math.fsum(weights))))


def written_days(first: date, offsets: npt.NDArray[np.int64]) -> pa.Array:
    """Days as Finnish systems write them, ``5.3.2024``: *offsets* days after *first*."""
    texts = [f"{day.day}.{day.month}.{day.year}" for day in (np.datetime64(first) + np.arange(int(offsets.max()) + 1)).astype(object)]
    return pa.array(texts).take(pa.array(offsets))


if __name__ == "__main__":
    sys.exit(main())
