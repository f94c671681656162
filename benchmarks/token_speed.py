"""Match tokens a second on one core: ours beside those of openlinktoken and spindle-token, on the same rows.

    .venv/bin/python benchmarks/token_speed.py [--json] [--rows 1000000] [--openlinktoken 100000] [--spindle 1000000] [--folder DIR]

``benchmarks/pseudonymise.py --json`` says the same.  Half of the rows look Finnish, half American; every row has all that each program
asks for, so that each makes all its tokens.  Theirs run in environments of their own (``benchmarks/peers``), with start-up, reading and a
warming run left out, on as many rows as a few minutes allow; their rate on a quarter, a half and all of them shows that it is flat or still
rises, and the best of the three counts.  ``PEER_tokens_per_s_more`` is the rate of the rows added, which leaves out what Spark spends on planning too.

Ours are CPU seconds of one thread.  Theirs are CPU seconds or seconds on the clock, whichever are fewer: that favours them, most of all Spark, whose
threads use more than one core.  ``tokens_vs_PEER`` starts at our derived columns; ``..._with_normalising`` counts our normalising too; ``..._with_normalising_a_core``
divides theirs by CPU seconds, whatever the clock says: a core against a core, all work counted.  Theirs normalise within what is timed.  ``tokens_vs_spindle_token`` is against OPPRL tokens 1 to 3, of names, sex and birth date; ``..._ten`` against all ten that the rows
allow, five of which are a telephone or social security number with little else and cost little.  A slot is a token: ``slots_with_a_tuple`` is
the share that a record's own tuples fill, the rest are dummies, which cost as much.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from peers import HERE, environment

from privacy.pseudonymise.coded import Coded, from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import PROFILES
from privacy.pseudonymise.tokens import family_tokens, variants
from schemas.register import Meaning

SEED = 11
SAMPLE = 500
PEERS = {"openlinktoken": 100_000, "spindle_token": 1_000_000}
"""At most so many rows for each: more of openlinktoken's take no other rate, only minutes."""
TEN_ROWS = 300_000
"""At most so many rows for spindle-token's ten tokens."""
FINNISH = (
    ["Aino", "Eino", "Helmi", "Väinö", "Päivi", "Åsa", "Juha-Matti", "Maria Sofia", "Mohamed", "Olga", "Leo Oskari", "Ella", "Onni"],
    ["Virta", "Korho", "Mäki", "Niemi", "Lind", "Öhman", "Heikki", "Koski", "Salo", "Laine"],
)
AMERICAN = (
    ["James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "Mary Ann", "Jose", "Wei"],
    ["Smith", "John", "William", "Brown", "Jone", "Garcia", "Miller", "Davi", "Rodriguez", "Ander"],
)
MEANINGS: dict[Meaning, str] = {
    "given_names": "given",
    "surname": "surname",
    "birth_date": "born",
    "street": "street",
    "street_number": "number",
    "postcode": "zip",
    "locality": "city",
    "phone": "phone",
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Tokens a second on one core, beside two peers.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--openlinktoken", type=int, default=PEERS["openlinktoken"], help="rows that openlinktoken gets; 0: leave it out")
    parser.add_argument("--spindle", type=int, default=PEERS["spindle_token"], help="rows that spindle-token gets; 0: leave it out")
    parser.add_argument("--folder", type=Path, help="work in this folder (else a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        document = beside(arguments.rows, {"openlinktoken": arguments.openlinktoken, "spindle_token": arguments.spindle}, Path(scratch))
    print(json.dumps(document, indent=1) if arguments.json else "\n".join(f"{name}: {value}" for name, value in document.items()))
    return 0


def beside(rows: int, peers: dict[str, int], folder: Path) -> dict[str, Any]:
    """Our rate, theirs, and how many times theirs ours is."""
    people = made(rows)
    document: dict[str, Any] = ours(people)
    for name, asked in peers.items():
        if not asked:
            continue
        count = min(asked, rows)
        theirs = measured(name, people.slice(0, count), folder)
        cores = fastest(theirs, ("cpu_s",))
        for chosen, best in fastest(theirs, ("seconds", "cpu_s")).items():
            document |= {
                f"tokens_vs_{name}{chosen}": round(document["tokens_per_s_derived"] / best, 1),
                f"tokens_vs_{name}{chosen}_with_normalising": round(document["tokens_per_s"] / best, 1),
                f"tokens_vs_{name}{chosen}_with_normalising_a_core": round(document["tokens_per_s"] / cores[chosen], 1),
                f"{name}{chosen}_tokens_per_s": round(best),
                f"{name}{chosen}_tokens_per_s_more": more(theirs, chosen),
            }
        document |= {
            f"{name}_runs": [run | {"seconds": round(run["seconds"], 2), "cpu_s": round(run["cpu_s"], 2)} for run in theirs],
        }
    return document


def fastest(runs: list[dict[str, Any]], clocks: tuple[str, ...]) -> dict[str, float]:
    """The best tokens a second of each set of tokens by the kindest of *clocks*, by the end of its key: of the one set, or of the first, nothing."""
    best: dict[str, float] = {}
    for run in runs:
        chosen = suffix(run)
        best[chosen] = max(best.get(chosen, 0.0), run["tokens"] / min(run[clock] for clock in clocks))
    return best


def suffix(run: dict[str, Any]) -> str:
    return "" if run.get("set", "three") == "three" else f"_{run['set']}"


def more(runs: list[dict[str, Any]], chosen: str) -> int:
    """Tokens a CPU second of the rows that the largest run has more than the smallest: what a run costs before its first row falls out."""
    mine = [run for run in runs if suffix(run) == chosen]
    first, last = min(mine, key=lambda run: int(run["rows"])), max(mine, key=lambda run: int(run["rows"]))
    return round((last["tokens"] - first["tokens"]) / max(last["cpu_s"] - first["cpu_s"], 0.01))


def made(rows: int, seed: int = SEED) -> pa.Table:
    """*rows* made-up people, the Finnish and the American ones mixed."""
    random = np.random.default_rng(seed)
    syllables = np.array([a + b for a in "bdfghjklmnprstv" for b in "aeiouy"])
    days = np.datetime64("1930-01-01") + random.integers(0, 34_700, rows)
    finnish = random.random(rows) < 0.5
    pick = [random.integers(0, 1 << 30, rows) for _ in range(8)]

    def one(finns: list[str], americans: list[str], place: int) -> np.ndarray[Any, np.dtype[np.str_]]:
        both = (np.array(finns)[pick[place] % len(finns)], np.array(americans)[pick[place] % len(americans)])
        return np.where(finnish, *both)

    common = (random.random(rows) ** 3 * len(syllables) ** 2).astype(np.int64)  # a few names are common, most are rare
    tails = np.strings.add(syllables[common % len(syllables)], syllables[common // len(syllables)])
    return pa.table(
        {
            "given": one(FINNISH[0], AMERICAN[0], 0),
            "surname": np.strings.add(np.strings.add(one(FINNISH[1][:4], AMERICAN[1][:4], 1), tails), one(["nen"], ["son"], 4)),
            "born": days.astype(str),
            "sex": one(["Female", "Male"], ["Female", "Male"], 5),
            "zip": np.strings.zfill((10_001 + pick[6] % 3_000 * 27).astype("U5"), 5),
            "ssn": [
                f"{a % 665 + 1:03d}-{b % 99 + 1:02d}-{c % 9_999 + 1:04d}"
                for a, b, c in zip(*(each.tolist() for each in pick[2:5]), strict=True)
            ],
            "phone": np.strings.add("202", (2_000_000 + pick[7] % 8_000_000).astype("U7")),
            "street": np.strings.add(np.strings.title(tails), one(["katu", "tie", "gatan"], [" Street", " Avenue", " Road"], 5)),
            "number": (pick[7] % 150 + 1).astype("U3"),
            "city": one(["Espoo", "Helsinki", "Vasa", "Tampere"], ["Boston", "Denver", "Austin", "Portland"], 6),
        }
    )


def ours(people: pa.Table) -> dict[str, Any]:
    """Tokens a second of the standard profile, by CPU seconds of this one thread."""
    rows, slots = people.num_rows, sum(family.slots for family in PROFILES["standard"])
    began = time.process_time()
    columns = derive({meaning: from_arrow(people[name]) for meaning, name in MEANINGS.items()}, rows)
    derived = time.process_time()
    for _family in family_tokens(columns, key=bytes(32), genesis="00" * 32, profile="standard"):
        pass
    done = time.process_time()
    return {
        "token_rows": rows,
        "token_seed": SEED,
        "slots_a_record": slots,
        "slots_with_a_tuple": filled(columns),
        "tokens_per_s": round(rows * slots / (done - began)),
        "tokens_per_s_derived": round(rows * slots / (done - derived)),
        "token_cpu_s": {"normalising": round(derived - began, 2), "tokens": round(done - derived, 2)},
    }


def filled(columns: dict[str, Coded]) -> float:
    """The share of slots that a record's own tuples fill, over the first records."""
    found = total = 0
    lists = {name: (column.codes[:SAMPLE].tolist(), column.values) for name, column in columns.items()}
    for row in range(min(SAMPLE, len(lists["birth_date"][0]))):
        value = {name: values[codes[row]] if codes[row] >= 0 else None for name, (codes, values) in lists.items()}
        for family in PROFILES["standard"]:
            tuples: set[tuple[str, ...]] = set()
            for alternative in family.alternatives:
                grown: set[tuple[str, ...]] = {()}
                for term in alternative:
                    text = value[term.column]
                    grown = {(*before, each) for before in grown for each in (variants(text, term.variants) if text else ())}
                tuples |= grown
            found, total = found + len(tuples), total + family.slots
    return round(found / total, 3)


def parts(rows: int) -> tuple[int, int, int]:
    """A quarter, a half and all."""
    return rows // 4, rows // 2, rows


def measured(name: str, people: pa.Table, folder: Path) -> list[dict[str, Any]]:
    """The runs of the peer *name* on a quarter, a half and all of *people*."""
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(people.column_names)
        writer.writerows(zip(*(people[column].to_pylist() for column in people.column_names), strict=True))
    counts = [str(count) for count in parts(people.num_rows)]
    if name == "spindle_token":
        counts = [f"three:{count}" for count in counts] + [f"ten:{count}" for count in parts(min(people.num_rows, TEN_ROWS))]
    command = [str(environment(name)), str(HERE / f"run_{name}.py"), str(path), *counts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} did not run:\n{done.stderr[-2000:]}")
    runs: list[dict[str, Any]] = json.loads(done.stdout)
    return runs


if __name__ == "__main__":
    sys.exit(main())
