"""``sauma init``: write a commented ``sauma.toml`` for one party."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AsJson
from sauma.console import Console
from schemas.errors import UsageError

if TYPE_CHECKING:
    from schemas.agreement import Agreement

NAME = "sauma.toml"
ROLES = ("steward", "linker", "analyst", "officer")
SETTINGS = {
    "agreement": ("agreement.toml", "the linkage agreement, the same file at every party", ROLES),
    "key": ("keys/{party}.key", "your private key; never send it", ROLES),
    "contributions": ("contributions", "the stewards' sealed contributions to the linkage key", ("steward",)),
    "packages": ("packages", "packages that leave or arrive", ("steward", "linker")),
    "linked": ("linked", "linked sets", ("linker", "analyst")),
    "proposals": ("proposals", "proposals, before anybody has approved them", ("analyst", "officer")),
    "statements": ("statements", "what officers and stewards signed for the ledger", ROLES),
    "published": ("published", "what was approved and published", ("analyst", "officer")),
    "ledger": ("ledger", "the ledger: one home, the analyst's machine; others hold a copy", ("linker", "analyst", "officer")),
    "kept_checkpoint": ("kept.checkpoint", "the newest checkpoint you have verified yourself", ("officer",)),
}
"""Each path of ``sauma.toml``: its usual value, what it is, and the roles that need it."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    party: Annotated[str, typer.Argument(help="Your party's id in the agreement.", metavar="PARTY")],
    role: Annotated[list[str] | None, typer.Option("--role", help="steward, linker, analyst or officer; may be given twice.")] = None,
    agreement: Annotated[Path | None, typer.Option("--agreement", help="Take roles and registers from it.", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented sauma.toml into this folder; an existing one is never touched.

    Example: sauma init espoo --role steward
    """
    from sauma.files import write_private

    console = Console(as_json=as_json)
    file = Path.cwd() / NAME
    known = _agreement(agreement)
    roles = known.party_of(party).roles if known else tuple(role or ())
    _check(party, roles, file)
    registers = [entry.id for entry in known.register if entry.controller == party] if known else []
    write_private(file, project_text(party, roles, registers, agreement).encode("utf-8"))
    console.line(f"wrote {NAME} for {party} ({', '.join(roles)}); open it and set the paths")
    console.done({"file": NAME, "party": party, "roles": list(roles), "registers": registers}, next_step="sauma status")


def _agreement(path: Path | None) -> Agreement | None:
    from sauma.files import read_bytes
    from schemas.agreement import load
    from schemas.contract import MAX_TOML_BYTES, load_toml

    return load(load_toml(read_bytes(path, limit=MAX_TOML_BYTES), place=path.name), place=path.name) if path else None


def _check(party: str, roles: tuple[str, ...], file: Path) -> None:
    from schemas.contract import IDENTIFIER

    if file.exists():
        raise UsageError("S2007", place=NAME, reason="this folder already has one", hint="edit it, or work in another folder")
    if not re.fullmatch(IDENTIFIER, party):
        raise UsageError("S2000", place="PARTY", reason="is not a lower-case name of letters, digits and underscores", hint="such as espoo")
    if not roles or not set(roles) <= set(ROLES):
        raise UsageError("S2000", place="--role", reason="is missing or unknown", hint=f"one of {', '.join(ROLES)}, or give --agreement")


def project_text(party: str, roles: tuple[str, ...], registers: list[str], agreement: Path | None) -> str:
    """The text of a ``sauma.toml``: every path the roles need, with what it is for, and a section for each register."""
    lines = [
        "# Who I am and where my files are. Paths start from this folder; flags override them; no secret belongs here.",
        f'party = "{party}"',
    ]
    for setting, (value, meaning, needed_by) in SETTINGS.items():
        if set(roles) & set(needed_by):
            path = agreement.as_posix() if setting == "agreement" and agreement else value.format(party=party)
            lines += ["", f"# {meaning}", f'{setting} = "{path}"']
    if "steward" in roles:
        lines += ["", "# file with the passphrase of your key, for scripts; without it you are asked", '# passphrase_file = "passphrase"']
        lines += [line for name in registers or ["REGISTER"] for line in _register(name, commented=not registers)]
    return "\n".join(lines) + "\n"


def _register(name: str, *, commented: bool) -> list[str]:
    mark = "# " if commented else ""
    return [
        "",
        f"{mark}[register.{name}]",
        f'{mark}extract = "extracts/{name}.csv"',
        '# history = "extracts/history.csv"    # old,current: changed personal identity codes, never leaves',
        '# opt_out = "extracts/opt_out.csv"    # people who objected, never leaves',
        '# delimiter = ";"                     # only where it is guessed wrong',
        '# encoding = "cp1252"',
    ]
