"""A census with families through the public commands: who lives with whom, held to the truth of pseudopeople's population.

    .venv/bin/python examples/households/run.py [--json] [--folder DIR] [--seed 0] [--python PYTHON]

pseudopeople comes from the package index into an environment of its own (``build/pseudopeople``, kept for the next run);
``--python`` names the Python of an environment that has it already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from forms import CENSUS_COLUMNS, SURVEY_COLUMNS, census_rows, families, read, survey_rows  # noqa: E402 - beside this file
from walk import Walk  # noqa: E402 - what the examples share lies beside them and is not installed

ENVIRONMENT = HERE.parents[1] / "build" / "pseudopeople"
STEWARDS = {"census": "statistics", "survey": "institute"}
F1_MIN = 0.95
OFFLINE = 69
"""Exit code where pseudopeople cannot be had (EX_UNAVAILABLE): the example says nothing about linkage then."""


def main() -> int:
    """Run the example; exit code 0 if the families reach what the README promises and the table is published."""
    parser = argparse.ArgumentParser(description="A census with families through the public commands.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    parser.add_argument("--seed", type=int, default=0, help="seed of pseudopeople's errors; keys are drawn afresh every time")
    parser.add_argument("--python", type=Path, help="the Python of an environment that has pseudopeople")
    arguments = parser.parse_args()
    python = arguments.python or environment()
    if python is None:
        return OFFLINE
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "pseudopeople"
        made.mkdir()
        subprocess.run([python, HERE / "census.py", made, str(arguments.seed)], check=True, stdout=sys.stderr)
        result = run(made, (arguments.folder or Path(scratch) / "households").resolve())
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        print("families:", ", ".join(f"{rate} {result[rate]}" for rate in ("precision", "recall", "f1")))
        print("persons: ", ", ".join(f"{rate} {found}" for rate, found in result["persons"].items()))
        print(f"published: {result['published_cells']} cells")
    return 0 if result["f1"] >= F1_MIN and result["published_cells"] else 1


def environment() -> Path | None:
    """The Python of the environment with pseudopeople, made if it is not there; None, with the reason on stderr, if it cannot be."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    lock = HERE / "requirements.lock"
    mark = ENVIRONMENT / "installed.lock"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return python
    print(f"installing pseudopeople into {ENVIRONMENT}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    ended = subprocess.run([*pip, "-r", lock], capture_output=True, encoding="utf-8", check=False)
    if ended.returncode:
        print(ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "pip failed", file=sys.stderr)
        print("pseudopeople could not be installed: this example needs the package index once, or --python PYTHON", file=sys.stderr)
        return None
    mark.write_bytes(lock.read_bytes())
    return python


def run(made: Path, top: Path) -> dict[str, Any]:
    """From pseudopeople's files in *made* to the published table; the families' rates stand at the top."""
    true, census, survey = (read(made / f"{name}.csv") for name in ("truth", "census", "survey"))
    walk = Walk(top, STEWARDS)
    walk.furnish(HERE / "agreement.toml", HERE / "request.toml")
    walk.extract("census", CENSUS_COLUMNS, census_rows(census))
    walk.extract("survey", SURVEY_COLUMNS, survey_rows(survey))
    rows = {"census": census, "survey": survey}
    persons = [(name, str(at), row["simulant_id"], "0") for name, each in rows.items() for at, row in enumerate(each, start=1)]
    walk.truth("records.csv", ("register", "row", "person", "coded"), persons)
    walk.truth("families.csv", ("definition", "family", "person"), families(true, {person for _, _, person, _ in persons}))
    linked = walk.link()
    found = walk.quality(linked)
    walk.publish(linked)
    shown = sum(row["status"] == "published" for row in walk.published("families"))
    return rates(found["families"]["dwelling"]) | {"persons": rates(found), "published_cells": shown}


def rates(found: dict[str, Any]) -> dict[str, float]:
    """Precision, recall and F1 over pairs."""
    return {rate: found[rate] for rate in ("precision", "recall", "f1")}


if __name__ == "__main__":
    sys.exit(main())
