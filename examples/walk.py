"""The walk that the examples on others' data share: every step a public command, run in the folder of its role.

Parties: one steward for each register, a linkage unit that sees tokens and never payload, an analyst the other way round,
an officer who approves.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

SAUMA = Path(sys.executable).with_name("sauma")
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
    """The commands of one agreement, one after another, in the new folder *top*; ``stewards`` is register -> party."""

    def __init__(self, top: Path, stewards: Mapping[str, str]) -> None:
        self.top, self.stewards = top, stewards
        self.parties = (*dict.fromkeys(stewards.values()), "linker", "analyst", "officer")

    def __call__(self, party: str, *words: str) -> dict[str, Any]:
        """Run ``sauma WORDS`` in *party*'s folder and return what it said; the example ends here if it fails."""
        print(f"{party}$ sauma {' '.join(words)}", file=sys.stderr, flush=True)
        ended = subprocess.run([SAUMA, *words, "--json"], cwd=self.top / party, capture_output=True, encoding="utf-8", check=False)
        if ended.returncode:
            print(ended.stderr, ended.stdout, file=sys.stderr)
            raise SystemExit(ended.returncode)
        document: dict[str, Any] = json.loads(ended.stdout)
        return document

    def furnish(self, agreement: Path, request: Path | None = None) -> None:
        """Each party's folder: project file, keys and passphrase; the analyst has the agreement's draft."""
        for party in self.parties:
            folder = self.top / party
            (folder / "keys").mkdir(parents=True)
            text = PROJECT.format(party=party)
            for register, steward in self.stewards.items():
                if steward == party:
                    text += f'\n[register.{register}]\nextract = "{register}.csv"\nrow_map = "../truth/rows_{register}.csv"\n'
            (folder / "sauma.toml").write_text(text, encoding="utf-8")
            passphrase = folder / "keys" / "passphrase.txt"
            passphrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
            passphrase.chmod(0o600)
        shutil.copy(agreement, self.top / "analyst" / "agreement.toml")
        if request:
            shutil.copy(request, self.top / "analyst" / "request.toml")
        for name in ("truth", "published", "analyst/public_keys"):
            (self.top / name).mkdir()

    def extract(self, register: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write the register's extract into its steward's folder."""
        write(self.top / self.stewards[register] / f"{register}.csv", [columns, *rows])

    def truth(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a file of the demonstration's truth, which only ``sauma quality --truth`` reads."""
        write(self.top / "truth" / name, [columns, *rows])

    def link(self) -> str:
        """From keys and signatures through the packages to the linked set; the analyst's path to it."""
        for party in self.parties:
            self(party, "keys", "create", party, "--out", "keys")
            shutil.copy(self.top / party / "keys" / f"{party}.pub", self.top / "analyst" / "public_keys")
        self("analyst", "agreement", "draft", "--from", "agreement.toml", "--pub", "public_keys", "--out", "../agreement.toml")
        for party in self.parties:
            self(party, "agreement", "sign")
        for party in dict.fromkeys(self.stewards.values()):
            self(party, "keys", "contribute")
        for register, party in self.stewards.items():
            self(party, "check", register)
            self(party, "pseudonymise", register)
        self("analyst", "ledger", "add", "../agreement.toml")
        linked: str = self("linker", "link")["linked"]
        self("analyst", "ledger", "add", *self._statements("linker", "*"))
        return linked

    def quality(self, linked: str) -> dict[str, Any]:
        """What the truth says about the linked set."""
        found: dict[str, Any] = self("analyst", "quality", linked, "--truth", "../truth/records.csv")["truth"]
        return found

    def publish(self, linked: str) -> None:
        """From the linked set to published tables: proposed, approved, cosigned, published, verified."""
        self("analyst", "propose", linked, "--request", "request.toml")
        (proposal,) = (path.name for path in (self.top / "analyst" / "proposals").iterdir())
        self("officer", "review", f"../analyst/proposals/{proposal}", "--approve", "--reason", "counts of synthetic people")
        self("analyst", "ledger", "add", *self._statements("officer", "decision-*.json"))
        self("officer", "ledger", "checkpoint")
        self("analyst", "ledger", "add", *self._statements("officer", "*.checkpoint"))
        self("analyst", "publish", f"proposals/{proposal}")
        self("officer", "ledger", "verify")

    def published(self, table: str) -> list[dict[str, str]]:
        """The rows of a published table."""
        (path,) = (self.top / "published").rglob(f"{table}.csv")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    def _statements(self, party: str, pattern: str) -> list[str]:
        return [f"../{party}/statements/{path.name}" for path in sorted((self.top / party / "statements").glob(pattern))]


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """*rows* as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
