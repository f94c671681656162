"""How a command starts: the console, the project it works in, and the time, read once."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sauma.console import Console

if TYPE_CHECKING:
    from sauma.project import Project


class Start(NamedTuple):
    """What every command needs first."""

    console: Console
    project: Project
    now: datetime.datetime

    @property
    def today(self) -> datetime.date:
        """The date in UTC."""
        return self.now.date()


def start(*, as_json: bool) -> Start:
    """Find the project and say which project file is used (on stderr)."""
    from sauma.project import find

    console = Console(as_json=as_json)
    project = find(Path.cwd())
    console.note(f"project: {project.file}" if project.file else "project: no sauma.toml here or above")
    return Start(console, project, datetime.datetime.now(tz=datetime.UTC))
