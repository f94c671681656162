"""``sauma.toml``: who I am here and where my files are, so that commands stay short.

Found in the working folder or a parent, up to the home folder or the edge of the file system; paths in it are relative
to it; it never holds a secret.  Flags override it.  Because it says which agreement is signed and which files are
written, one that somebody else made or could have changed is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from sauma.reading import read_own
from schemas.contract import Contract, Identifier, Text, load_toml, parse
from schemas.errors import UsageError

NAME = "sauma.toml"
MAX_PARENTS = 40
PROJECT_BYTES_MAX = 1 << 20


class RegisterFiles(Contract):
    """Where one register's extract comes from (a file, or a query to a database), and where its lists lie.

    What a reader would find out by itself (delimiter, decimal mark) or cannot (encoding, which sheet) can be declared.
    """

    extract: Text | None = None
    query: Text | None = None
    connection: Text | None = None
    sheet: Text | None = None
    delimiter: Text | None = None
    decimal: Literal["comma", "point"] | None = None
    encoding: Text | None = None
    history: Text | None = None
    opt_out: Text | None = None
    row_map: Text | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.extract is None) == (self.query is None):
            raise ValueError("give either extract or query")
        if (self.query is None) != (self.connection is None):
            raise ValueError("query and connection stand together")
        if self.query is not None and (self.sheet or self.delimiter or self.decimal or self.encoding):
            raise ValueError("sheet, delimiter, decimal and encoding describe a file, not a query")
        return self


class ProjectFile(Contract):
    """The contents of ``sauma.toml``."""

    hint = "'sauma init' in an empty folder writes a commented one"
    party: Identifier
    agreement: Text
    key: Text | None = None
    passphrase_file: Text | None = None
    contributions: Text | None = None
    packages: Text | None = None
    linked: Text | None = None
    proposals: Text | None = None
    statements: Text | None = None
    published: Text | None = None
    ledger: Text | None = None
    kept_checkpoint: Text | None = None
    out: Text = "."
    register: Annotated[dict[Identifier, RegisterFiles], Constrained(max_length=400)] = {}


@dataclass(frozen=True, slots=True)
class Project:
    """A project file and the folder its paths start from; ``file`` is None where no ``sauma.toml`` was found."""

    folder: Path
    file: Path | None
    settings: ProjectFile | None

    @property
    def party(self) -> str:
        """Who I am; ``UsageError`` S2001 without a project file."""
        return self._settings().party

    def register(self, register: str) -> RegisterFiles:
        """The files of *register*; ``UsageError`` S2002 if ``sauma.toml`` has no section for it."""
        files = self._settings().register.get(register)
        if files is None:
            raise UsageError(
                "S2002", place=NAME, reason=f"no section [register.{register}]", hint="give the extract with --extract, or add the section"
            )
        return files

    def path(self, setting: str, flag: Path | None = None, *, given: str = "") -> Path:
        """The path of *setting*, overridden by *flag*; ``UsageError`` S2003 if neither is given.

        *given*: how the command takes the path, where that is not by an option of the setting's name.
        """
        found = self.optional(setting, flag)
        if found is None:
            option = given or "--" + setting.replace("_", "-")
            first = f"set {setting} in {NAME}" if self.file else f"make a {NAME} with 'sauma init PARTY'"
            raise UsageError("S2003", place=NAME, reason=f"no path for '{setting}'", hint=f"give {option}, or {first}")
        return found

    def optional(self, setting: str, flag: Path | None = None) -> Path | None:
        """Like :meth:`path`, None if neither is given."""
        if flag is not None:
            return flag
        value: str | None = getattr(self.settings, setting, None) if self.settings else None
        return self.folder / value if value is not None else None

    def _settings(self) -> ProjectFile:
        if self.settings is None:
            raise UsageError(
                "S2001",
                place=NAME,
                reason="no project file in this folder or a parent",
                hint="run 'sauma init', or go to your project folder",
            )
        return self.settings


def find(start: Path) -> Project:
    """The project that *start* lies in.

    Raises ``InputError`` S3001/S3002 if its file breaks the format, S3011 if somebody else could have written it; a
    file that is refused is not passed over for one further up.
    """
    folder = start.resolve()
    for candidate in _searched(folder):
        file = candidate / NAME
        if os.path.lexists(file):
            settings = parse(ProjectFile, load_toml(read_own(file, limit=PROJECT_BYTES_MAX), place=NAME), place=NAME)
            return Project(candidate, file, settings)
    return Project(folder, None, None)


def _searched(folder: Path) -> Iterator[Path]:
    """*folder* and its parents; not above the user's home folder, and not on another file system."""
    home, device = _home(), folder.stat().st_dev
    for candidate in (folder, *list(folder.parents)[:MAX_PARENTS]):
        if candidate.stat().st_dev != device:
            return
        yield candidate
        if candidate == home:
            return


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # a user without a home folder
        return None
