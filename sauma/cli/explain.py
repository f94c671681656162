"""``sauma explain``: what an error code means, and what to do."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Annotated

import typer

from sauma.cli.options import AsJson
from sauma.console import Console
from schemas.errors import UsageError

CODE = re.compile(r"S[1-8][0-9]{3}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    code: Annotated[str | None, typer.Argument(help="An error code, such as S4002; without it, all codes.", metavar="[CODE]")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an error code means and what to do about it.

    Example: sauma explain S4002
    """
    console = Console(as_json=as_json)
    if code is None:
        titles = {known: page(known).splitlines()[0].removeprefix(f"# {known}").strip() for known in codes()}
        for known, title in titles.items():
            console.line(f"{known}  {title}")
        console.done({"codes": titles}, next_step="sauma explain CODE")
        return
    wanted = code.strip().upper()
    if wanted not in codes():
        raise UsageError("S2004", place="explain", reason="no such error code", hint="'sauma explain' lists all codes")
    text = page(wanted)
    for line in text.splitlines():
        console.line(line)
    console.done({"code": wanted, "exit": int(wanted[1]), "text": text})


def codes() -> tuple[str, ...]:
    """All codes that have a page, in order."""
    names = (entry.name.removesuffix(".md") for entry in files("sauma.explain").iterdir() if entry.name.endswith(".md"))
    return tuple(sorted(name for name in names if CODE.fullmatch(name)))


def page(code: str) -> str:
    """The page of *code*, which must be one of :func:`codes`."""
    return files("sauma.explain").joinpath(f"{code}.md").read_text(encoding="utf-8")
