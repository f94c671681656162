"""What ``sauma doctor`` looks at: each check is a small function that returns a finding."""

from __future__ import annotations

import datetime
import importlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from sauma.project import Project
from sauma.system import readable_by_others

State = Literal["ok", "warning", "problem"]
OLDEST, NEWEST = (3, 11), (3, 13)
BUILT_ON = datetime.date(2026, 11, 1)
"""No clock that is right can show a day before this version was written."""
LIBRARIES = (
    "cryptography",
    "duckdb",
    "highspy",
    "jinja2",
    "numpy",
    "opendp",
    "pandas",
    "pyarrow",
    "pydantic",
    "recordlinkage",
    "scipy",
    "sqlglot",
    "typer",
)
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: ``ok``, a ``warning`` to think about, or a ``problem`` that stops the work."""

    subject: str
    state: State
    text: str

    def as_dict(self) -> dict[str, str]:
        """The finding as JSON-ready data."""
        return asdict(self)


def examine(project: Project, *, today: datetime.date) -> list[Finding]:
    """All findings about this machine and *project*; ``today`` is what the clock says."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _libraries,
        _post_quantum_sealing,
        _encrypted_parquet,
        _text,
        _new_files,
        lambda: _secrets(project),
        lambda: _disk(project),
        lambda: _clock(today),
    )
    return [check() for check in checks]


def _python() -> Finding:
    version = sys.version_info[:2]
    fits = OLDEST <= version <= NEWEST
    return Finding("python", "ok" if fits else "problem", f"{version[0]}.{version[1]}" + ("" if fits else ", needs 3.11 to 3.13"))


def _libraries() -> Finding:
    broken = [name for name in LIBRARIES if not _imports(name)]
    if broken:
        return Finding("libraries", "problem", f"cannot be imported: {', '.join(broken)}")
    return Finding("libraries", "ok", ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES))


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _post_quantum_sealing() -> Finding:
    """Seal and open with the very suite that packages use; old OpenSSL builds lack ML-KEM."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        works = _sealed_and_opened()
    except (ImportError, AttributeError, UnsupportedAlgorithm):
        works = False
    return Finding("sealing", "ok" if works else "problem", "ML-KEM-768 with X25519" + ("" if works else " is missing from cryptography"))


def _sealed_and_opened() -> bool:
    from sauma.keys import SEED_BYTES, PartyKey, seal

    key = PartyKey("doctor", os.urandom(SEED_BYTES))
    return key.open(seal(key.public, b"sealed", b"doctor"), b"doctor") == b"sealed"


def _encrypted_parquet() -> Finding:
    """PyArrow must be built with Parquet encryption."""
    works = _imports("pyarrow.parquet.encryption")
    return Finding("parquet", "ok" if works else "problem", "encryption" + ("" if works else " is missing from pyarrow"))


def _text() -> Finding:
    names, terminal = sys.getfilesystemencoding().lower(), (getattr(sys.stdout, "encoding", "") or "none").lower()
    state: State = "ok" if names in ("utf-8", "utf8") else "warning"
    return Finding("text", state, f"file names in {names}, output in {terminal}; what cannot be shown is escaped")


def _new_files() -> Finding:
    """A file made here must be readable by its owner only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new"
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "wb"):
            open_to_others = readable_by_others(path)
    return Finding("new files", "warning" if open_to_others else "ok", "readable by others" if open_to_others else "readable by you only")


def _secrets(project: Project) -> Finding:
    """Key, passphrase and extracts, where ``sauma.toml`` names them, must be closed to others."""
    named = {setting: project.optional(setting) for setting in ("key", "passphrase_file")}
    if project.settings:
        named |= {
            f"extract of {name}": project.folder / files.extract for name, files in project.settings.register.items() if files.extract
        }
    exposed = [name for name, path in named.items() if path and readable_by_others(path)]
    if exposed:
        return Finding("secrets", "problem", f"others may read: {', '.join(exposed)}; chmod 600")
    return Finding("secrets", "ok", "closed to others" if project.settings else "no project here to look at")


def _disk(project: Project) -> Finding:
    """Locks and durable renames are not to be relied on over a network."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return Finding("disk", "ok", "not looked at on this system")
    table = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    held = [(len(parts[1]), parts[2]) for parts in table if len(parts) > 2 and project.folder.is_relative_to(parts[1])]
    kind = max(held, default=(0, "unknown"))[1]
    network = kind in NETWORK
    return Finding("disk", "warning" if network else "ok", kind + (": keep the ledger on a local disk" if network else ""))


def _clock(today: datetime.date) -> Finding:
    plausible = today >= BUILT_ON
    return Finding("clock", "ok" if plausible else "problem", today.isoformat() + ("" if plausible else " cannot be right"))
