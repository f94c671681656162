"""``sauma status``: who am I here, what is done or missing, and the one next command."""

from __future__ import annotations

import datetime
from pathlib import Path

import typer

from sauma.cli.options import AsJson
from sauma.console import Console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(as_json: AsJson = False) -> None:
    """Say who you are here, what is done, what is missing, and the one next command.

    Example: sauma status
    """
    from sauma.project import find
    from sauma.status import next_command, standing

    console = Console(as_json=as_json)
    project = find(Path.cwd())
    if project.settings:
        console.line(f"you are {project.party} ({project.file})")
    steps = standing(project, today=datetime.datetime.now(tz=datetime.UTC).date())
    for step in steps:
        console.line(f"{step.state:<8} {step.what}")
    following = next_command(steps)
    if not following:
        console.line(
            "nothing to run now: " + ("others have to act first" if any(step.state == "waiting" for step in steps) else "all is done")
        )
    document = {"party": project.party if project.settings else None, "steps": [step.as_dict() for step in steps]}
    console.done(document, next_step=following)
