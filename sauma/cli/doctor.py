"""``sauma doctor``: is this machine fit for the work?  Reads, writes nothing but one temporary file."""

from __future__ import annotations

import datetime
from pathlib import Path

import typer

from sauma.cli.options import AsJson
from sauma.console import Console
from schemas.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Check this machine: Python, libraries, cryptography, permissions, encodings, clock.

    Example: sauma doctor
    """
    from sauma.health import examine
    from sauma.project import find

    console = Console(as_json=as_json)
    project = find(Path.cwd())
    findings = examine(project, today=datetime.datetime.now(tz=datetime.UTC).date())
    for finding in findings:
        console.line(f"{finding.state:<8} {finding.subject}: {finding.text}")
    bad = [finding for finding in findings if finding.state == "problem"]
    if bad:
        raise UsageError(
            "S2008",
            place="this machine",
            reason=f"is not fit for the work: {', '.join(finding.subject for finding in bad)}",
            hint="see the lines marked 'problem' above" if not as_json else "run it without --json",
        )
    console.done({"findings": [finding.as_dict() for finding in findings]}, next_step="sauma status")
