"""A folder for each role, holding that role's files and a ``sauma.toml``, and the few folders through which they pass files on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from sauma.demo.writing import STEWARDS
from sauma.files import read_bytes, write_private
from schemas.contract import load_toml

ANALYST, OFFICER = "analyst", "officer"
PARTIES = (*dict.fromkeys(STEWARDS.values()), ANALYST, OFFICER)
REQUESTS = ("internal", "public")
TEMPLATE = "template.toml"
"""The agreement before its keys are in it, in the analyst's folder."""
AGREEMENT_BYTES_MAX = 1 << 20


def home(top: Path, party: str) -> Path:
    """The folder that *party* works in."""
    return top / party if party in (ANALYST, OFFICER) else top / "stewards" / party


def registers(top: Path) -> dict[str, str]:
    """The steward of each register in the agreement that lies in *top*, which may have fewer than the demonstration."""
    path = home(top, ANALYST) / TEMPLATE
    return _registers(read_bytes(path, limit=AGREEMENT_BYTES_MAX))


def parties(top: Path) -> tuple[str, ...]:
    """Every party of that agreement: stewards, analyst, officer."""
    return (*dict.fromkeys(registers(top).values()), ANALYST, OFFICER)


def furnish(top: Path, agreement: bytes | None = None, requests: Mapping[str, bytes] | None = None) -> None:
    """Each party's project file and passphrase, and the analyst's agreement template and requests.

    *agreement* and *requests* (by name) replace the demonstration's own; a register that the agreement leaves out
    stays with its steward, and a steward without a register takes no part.
    """
    template = agreement or _template("agreement.toml")
    stewards = _registers(template)
    for steward in dict.fromkeys(stewards.values()):
        mine = [register for register, party in stewards.items() if party == steward]
        write_private(home(top, steward) / "sauma.toml", _steward(steward, mine).encode("utf-8"))
    write_private(home(top, ANALYST) / "sauma.toml", _ANALYST.encode("utf-8"))
    write_private(home(top, OFFICER) / "sauma.toml", _OFFICER.encode("utf-8"))
    write_private(home(top, ANALYST) / TEMPLATE, template)
    for party in parties(top):
        write_private(home(top, party) / "keys" / "passphrase.txt", f"{secrets.token_urlsafe(24)}\n".encode("ascii"))
    for name, request in (requests or {name: _template(f"request_{name}.toml") for name in REQUESTS}).items():
        write_private(home(top, ANALYST) / "requests" / f"{name}.toml", request)


def _registers(agreement: bytes) -> dict[str, str]:
    data = load_toml(agreement, place=TEMPLATE)
    found = [(register["id"], register["controller"]) for register in data["register"]]
    return {register: party for register, party in found if register in STEWARDS}


def _template(name: str) -> bytes:
    return resources.files("sauma.demo").joinpath(name).read_bytes()


def _steward(party: str, mine: Sequence[str]) -> str:
    lines = [
        "# A data steward of the demonstration.  Paths start from this folder.",
        f'party = "{party}"',
        'agreement = "../../agreement.toml"',
        f'key = "keys/{party}.key"',
        'passphrase_file = "keys/passphrase.txt"',
        'contributions = "../../contributions"',
        'packages = "../../packages"',
        'statements = "statements"',
    ]
    for register in mine:
        lines += [
            "",
            f"[register.{register}]",
            f'extract = "extracts/{register}.csv"',
            f'row_map = "../../truth/rows_{register}.csv"   # in a demonstration only: which row became which record',
            *_LISTS.get(register, ()),
        ]
    return "\n".join(lines) + "\n"


_LISTS = {
    "population": ('encoding = "cp1252"',),
    "basic_education": ('history = "extracts/history.csv"',),
    # who objected to the county's statistics is left out of both of its registers
    "health_social": ('opt_out = "extracts/opt_out.csv"',),
    "home_care": ('opt_out = "extracts/opt_out.csv"',),
}
"""What a register's section says beside its extract."""

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
