"""Gathers the commands, and turns every way of failing into an exit code without ever printing a value."""

from __future__ import annotations

import importlib
import os
import re
import sys
from pathlib import Path

import typer

from sauma.console import Console
from schemas.errors import SaumaError, UsageError

COMMANDS = (
    "demo",
    "init",
    "status",
    "doctor",
    "explain",
    "agreement",
    "register",
    "rehearse",
    "keys",
    "check",
    "attack",
    "pseudonymise",
    "encode",
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

SUBCOMMANDS = (
    "draft",
    "check",
    "sign",
    "show",
    "create",
    "contribute",
    "compare",
    "passphrase",
    "review",
    "destroy",
    "verify",
    "budget",
    "checkpoint",
    "add",
)

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
        console.failed(misused := _usage(problem))
        return misused.exit_code
    except (typer.Abort, KeyboardInterrupt):
        console.note("sauma: interrupted; nothing was left half written: run the command again")
        return 130
    except Exception as bug:  # the last resort: its class and place, never its message, which may hold a value
        console.failed(_Defect(bug))
        return 1
    return result if isinstance(result, int) else 0


class _Defect(SaumaError):
    """Whatever nobody expected: its class and place in our code."""

    def __init__(self, bug: Exception) -> None:
        reason = f"a defect in sauma ({type(bug).__name__}); nothing was released"
        super().__init__("S1000", place=_place(bug), reason=reason, hint="run the command again; if it fails again, report the line above")


def _usage(problem: Exception) -> UsageError:
    """A usage error of the command line: the command, the option, what is alike; never what was typed."""
    path = getattr(getattr(problem, "ctx", None), "command_path", "")
    command = " ".join(["sauma", *path.split()[1:]])
    parameter = getattr(problem, "param", None)
    kind = type(problem).__name__
    if parameter is not None:
        option = next(iter(getattr(parameter, "opts", ())), "")
        name = option if option.startswith("-") else str(getattr(parameter, "metavar", None) or option).upper()
        reason = f"{name} is missing" if kind == "MissingParameter" else f"the value of {name} is not understood"
    else:
        reason = "there is no such option" if kind == "NoSuchOption" else "there is no such command, or too many words"
    return UsageError("S2000", place=command, reason=reason, hint=_alike(problem) + f"see '{command} --help'")


def _alike(problem: Exception) -> str:
    """The commands, options or values of ours that could have been meant."""
    values = str(getattr(getattr(problem, "param", None), "metavar", None) or "")
    if "|" in values:
        return f"one of {values.replace('|', ', ')}; "
    alike = list(getattr(problem, "possibilities", None) or ())
    guess = re.search(r"Did you mean '([a-z-]+)'", str(getattr(problem, "message", "")))
    if guess and guess[1] in {*COMMANDS, *SUBCOMMANDS}:
        alike = [guess[1]]
    return f"did you mean {' or '.join(alike)}? " if alike else ""


def _place(bug: BaseException) -> str:
    trace = bug.__traceback__
    place = "unknown"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "sauma" in code.co_filename or "site-packages" not in code.co_filename:
            place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
