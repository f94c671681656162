"""Gathers the commands, and turns every way of failing into an exit code without ever printing a value."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import typer

from sauma.console import Console
from schemas.errors import SaumaError

COMMANDS = (
    "demo",
    "init",
    "status",
    "doctor",
    "explain",
    "agreement",
    "keys",
    "check",
    "pseudonymise",
    "inspect",
    "link",
    "quality",
    "propose",
    "review",
    "publish",
    "ledger",
    "audit",
    "report",
)
"""One module under ``sauma/cli`` for each, with a ``register(app)`` function."""

UsageProblem: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer's own usage error (it vendors click, which must not be imported)."""


def build() -> typer.Typer:
    """The command with all its subcommands."""
    app = typer.Typer(
        name="sauma",
        help="Join the registers of a region, and nobody in them shows.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        rich_markup_mode=None,
    )
    for command in COMMANDS:
        importlib.import_module(f"sauma.cli.{command}").register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    console = Console(as_json="--json" in arguments)
    try:
        result = build()(arguments, standalone_mode=False)
    except SaumaError as error:
        console.failed(error)
        return error.exit_code
    except UsageProblem as problem:
        return _usage(problem)
    except (typer.Abort, KeyboardInterrupt):
        console.note("sauma: interrupted; nothing was left half done")
        return 130
    except Exception as bug:  # the last resort: its class and place, never its message, which may hold a value
        console.note(f"sauma: S1000 a defect in sauma ({type(bug).__name__} at {_place(bug)}); nothing was released")
        console.note("hint: run the command again; if it fails again, report the line above")
        return 1
    return result if isinstance(result, int) else 0


def _usage(problem: Exception) -> int:
    """A usage error of the command line: which option, never what was typed after it."""
    parameter = getattr(problem, "param", None)
    name = getattr(parameter, "human_readable_name", "") or getattr(problem, "option_name", "") or "command line"
    missing = type(problem).__name__ == "MissingParameter"
    reason = "is missing" if missing else "is not understood"
    Console(as_json="--json" in sys.argv).failed(_usage_error(str(name), reason))
    return 2


def _usage_error(name: str, reason: str) -> SaumaError:
    from schemas.errors import UsageError

    return UsageError("S2000", place=name, reason=reason, hint="see 'sauma --help' and 'sauma COMMAND --help'")


def _place(bug: BaseException) -> str:
    trace = bug.__traceback__
    place = "unknown"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "sauma" in code.co_filename or "site-packages" not in code.co_filename:
            place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
