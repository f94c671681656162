"""The command line with this room's commands only, run in this process."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Ran(NamedTuple):
    """What a command did."""

    exit: int
    out: str
    err: str


@pytest.fixture
def sauma(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``sauma(folder, "keys", "create", ...)`` runs one command in *folder*."""
    main = importlib.import_module("sauma.cli.main")  # the attribute of that name is a function
    monkeypatch.setattr(main, "COMMANDS", ("agreement", "register", "rehearse", "keys", "check", "pseudonymise", "inspect"))

    def run(folder: Path, *arguments: object) -> Ran:
        monkeypatch.chdir(folder)
        capfd.readouterr()
        code = main.run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
