"""A folder for each role, holding that role's files and a ``sauma.toml``, and the few folders through which they pass files on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from sauma.demo.writing import STEWARDS
from sauma.files import write_private

ANALYST, OFFICER = "analyst", "officer"
PARTIES = (*STEWARDS.values(), ANALYST, OFFICER)
REQUESTS = ("internal", "public")


def home(top: Path, party: str) -> Path:
    """The folder that *party* works in."""
    return top / party if party in (ANALYST, OFFICER) else top / "stewards" / party


def furnish(top: Path, agreement: bytes | None = None, requests: Mapping[str, bytes] | None = None) -> None:
    """Each party's project file and passphrase, and the analyst's agreement template and requests.

    *agreement* and *requests* (by name) replace the demonstration's own; the parties stay.
    """
    for register, steward in STEWARDS.items():
        write_private(home(top, steward) / "sauma.toml", _steward(steward, register).encode("utf-8"))
    write_private(home(top, ANALYST) / "sauma.toml", _ANALYST.encode("utf-8"))
    write_private(home(top, OFFICER) / "sauma.toml", _OFFICER.encode("utf-8"))
    for party in PARTIES:
        write_private(home(top, party) / "keys" / "passphrase.txt", f"{secrets.token_urlsafe(24)}\n".encode("ascii"))
    write_private(home(top, ANALYST) / "template.toml", agreement or _template("agreement.toml"))
    for name, request in (requests or {name: _template(f"request_{name}.toml") for name in REQUESTS}).items():
        write_private(home(top, ANALYST) / "requests" / f"{name}.toml", request)


def _template(name: str) -> bytes:
    return resources.files("sauma.demo").joinpath(name).read_bytes()


def _steward(party: str, register: str) -> str:
    lines = [
        "# A data steward of the demonstration.  Paths start from this folder.",
        f'party = "{party}"',
        'agreement = "../../agreement.toml"',
        f'key = "keys/{party}.key"',
        'passphrase_file = "keys/passphrase.txt"',
        'contributions = "../../contributions"',
        'packages = "../../packages"',
        'statements = "statements"',
        "",
        f"[register.{register}]",
        f'extract = "extracts/{register}.csv"',
        f'row_map = "../../truth/rows_{register}.csv"   # in a demonstration only: which row became which record',
    ]
    if register == "population":
        lines.append('encoding = "cp1252"')
    if register == "basic_education":
        lines.append('history = "extracts/history.csv"')
    if register == "health_social":
        lines.append('opt_out = "extracts/opt_out.csv"')
    return "\n".join(lines) + "\n"


_ANALYST = """\
# The trusted analyst of the demonstration, who also runs the linkage.  Paths start from this folder.
party = "analyst"
agreement = "../agreement.toml"
key = "keys/analyst.key"
passphrase_file = "keys/passphrase.txt"
packages = "../packages"
linked = "linked"
proposals = "proposals"
statements = "../officer/statements"
published = "../published"
ledger = "../ledger"
"""

_OFFICER = """\
# The data protection officer of the demonstration: no data here, only proposals to decide on and the ledger to audit.
party = "officer"
agreement = "../agreement.toml"
key = "keys/officer.key"
passphrase_file = "keys/passphrase.txt"
proposals = "../analyst/proposals"
statements = "statements"
published = "../published"
ledger = "../ledger"
kept_checkpoint = "kept.checkpoint"
"""
