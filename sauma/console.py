"""What a person sees: data on stdout, talk on stderr, nothing that breaks under cp1252.

``--json`` gives exactly one document on stdout; without it a command prints a few plain lines and the next command.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO

from schemas.errors import Fault, InputError, SaumaError

FAULTS_SHOWN: Final = 20
ROWS_SHOWN: Final = 5
OF_KEYS: Final = ("S3001", "S3012")
"""The errors whose faults name keys of a document, not columns of an extract."""


class Console:
    """One command's output.  ``as_json`` turns talk off stdout and collects one document."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, text: str = "") -> None:
        """One line for a person: on stdout, or on stderr under ``--json``."""
        _write(sys.stderr if self.as_json else sys.stdout, plain(text) + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        """Each of *texts* as a :meth:`line`."""
        for text in texts:
            self.line(text)

    def note(self, text: str) -> None:
        """One line of talk, on stderr."""
        with contextlib.suppress(OSError):
            sys.stderr.write(plain(text) + "\n")

    def done(self, document: dict[str, Any], *, next_step: str = "", word: str = "next") -> None:
        """The end of a command: the document under ``--json``, else the next command to run, introduced by *word*."""
        if self.as_json:
            _write(sys.stdout, json.dumps({**document, "next": next_step}, ensure_ascii=True, indent=1) + "\n")
        elif next_step:
            _write(sys.stdout, plain(f"{word}: {next_step}") + "\n")
        _write(sys.stdout, "")

    def failed(self, error: SaumaError) -> None:
        """An error: two lines on stderr, or one document on stdout under ``--json``; nothing where nobody can hear it."""
        with contextlib.suppress(OSError, SaumaError):
            self._failed(error)

    def _failed(self, error: SaumaError) -> None:
        if self.as_json:
            faults = [fault.as_dict() for fault in error.faults]
            document = {
                "error": error.code,
                "exit": error.exit_code,
                "place": error.place,
                "reason": error.reason,
                "hint": error.hint,
                "faults": faults,
            }
            _write(sys.stdout, json.dumps(document, ensure_ascii=True, indent=1) + "\n")
            return
        sys.stderr.write(plain(f"sauma: {error.code} {error.place}: {error.reason}") + "\n")
        unsaid = [fault for fault in error.faults if not _told(fault, error.reason)]
        for line in _folded(unsaid, "" if error.code in OF_KEYS else "column ")[:FAULTS_SHOWN]:
            sys.stderr.write(plain(f"  - {line}") + "\n")
        if error.hint:
            sys.stderr.write(plain(f"hint: {error.hint}; 'sauma explain {error.code}' says more") + "\n")


def _told(fault: Fault, reason: str) -> bool:
    """Whether *reason* tells *fault* already, as ``key: rule`` or in ``rule: key, key; ...``."""
    rule, _, keys = reason.partition(": ")
    listed = fault.row is None and fault.reason == rule and fault.column in keys.split("; ")[0].split(", ")
    return listed or f"{fault.column}: {fault.reason}" in reason


def _folded(faults: Sequence[Fault], word: str = "column ") -> list[str]:
    """*faults* as lines: those of one column (after *word*) and reason on one, with the first rows and how many more there are."""
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.column, fault.reason), []).append(fault)
    lines = []
    for (column, reason), found in alike.items():
        rows = [str(fault.row) for fault in found if fault.row is not None][:ROWS_SHOWN]
        more = sum(fault.count for fault in found) - len(rows)
        told = f"row{'s' * (len(rows) > 1)} {', '.join(rows)}" if rows else ""
        beyond = f" and {more} more" if len(rows) > 1 and more else ""
        where = ", ".join(part for part in (f"{word}{column}" if column else "", told + beyond) if part)
        times = "" if beyond or sum(fault.count for fault in found) == len(rows or "1") else f" ({more + len(rows)} times)"
        lines.append(f"{where or 'file'}: {reason}{times}")
    return lines


def _write(stream: TextIO, text: str) -> None:
    """*text* and all before it, out; ``InputError`` S3005 if the output is full.

    Where a reader has heard enough (``| head``) the rest is not said, and that is no error.
    """
    failed = unheard = False
    try:
        stream.write(text)
        if not text:
            stream.flush()
    except BrokenPipeError:
        unheard = True
    except OSError:
        failed = True
    if failed or unheard:
        with contextlib.suppress(OSError, ValueError):  # what is still in the buffer must not fail again when Python ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if failed:
        hint = "what the command had to write to files is written; say where its output can go and run it again"
        raise InputError("S3005", place="output", reason="is full or cannot be written", hint=hint)


def plain(text: str) -> str:
    """*text* with what cp1252 cannot say escaped, and control characters (a terminal's commands) removed."""
    printable = "".join(character if character >= " " and character != "\x7f" else " " for character in text)
    return printable.encode("cp1252", "backslashreplace").decode("cp1252")
