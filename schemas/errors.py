"""Every error the tool can end with.

A code is ``S`` and four digits; the first digit *is* the exit code, so a code can never disagree with the
process status.  Each code has a page in ``sauma/explain/CODE.md`` (a test keeps the two in step).  A message
names a file, a row number, a column or a key: never a value.

    SaumaError
    |- UsageError 2        the command line does not make sense
    |- InputError 3        an input breaks its contract
    |- PolicyRefusal 4     refused by privacy policy
    |- IntegrityError 5    bytes are not what somebody signed
    |- KeyProblem 6        a key is missing, wrong, expired or readable by others
    |- BudgetExhausted 7   the privacy budget does not cover it
    `- Busy 8              another process holds the lock
"""

from __future__ import annotations

from typing import ClassVar


class SaumaError(Exception):
    """An error with a stable ``code``, the ``place`` it happened, a ``reason`` and a ``hint``; never a value."""

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, *, place: str, reason: str, hint: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{code} {place}: {reason}")
        if int(code[1]) != self.exit_code:
            raise AssertionError(f"error code {code} raised as {type(self).__name__}")
        self.code, self.place, self.reason, self.hint, self.faults = code, place, reason, hint, faults


class Fault:
    """One of several faults found in one input: where it is and what rule it breaks, without its value."""

    __slots__ = ("column", "count", "reason", "row")

    def __init__(self, reason: str, *, column: str = "", row: int | None = None, count: int = 1) -> None:
        self.reason, self.column, self.row, self.count = reason, column, row, count

    def as_dict(self) -> dict[str, str | int | None]:
        """The fault as a JSON-ready mapping."""
        return {"reason": self.reason, "column": self.column, "row": self.row, "count": self.count}


class UsageError(SaumaError):
    """The command line, the project file or the role does not fit the command."""

    exit_code = 2


class InputError(SaumaError):
    """An input breaks its declared contract."""

    exit_code = 3


class PolicyRefusal(SaumaError):
    """A privacy rule refuses."""

    exit_code = 4


class IntegrityError(SaumaError):
    """A signature, digest, structure or proof does not hold."""

    exit_code = 5


class KeyProblem(SaumaError):
    """A key or passphrase is missing, wrong, expired or too widely readable."""

    exit_code = 6


class BudgetExhausted(SaumaError):
    """The declared privacy budget does not cover what is asked."""

    exit_code = 7


class Busy(SaumaError):
    """Another process is writing."""

    exit_code = 8
