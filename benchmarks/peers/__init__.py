"""Other people's programs, each in an environment of its own, so that they can be measured beside ours.

    from peers import environment        # a script in benchmarks/; others put that folder on sys.path first
    subprocess.run([environment("clkhash"), ...])

    cd benchmarks && ../.venv/bin/python -m peers [NAME...]   # makes them

``benchmarks/peers/NAME.txt`` pins a peer and everything that it needs.  Its environment lies in ``.peers/NAME-DIGEST`` of the checkout, or
of the folder that ``SAUMA_PEERS`` names, and is made anew when the file changes.  Nothing of it is imported by ours: results pass as
text between processes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / ".peers"


def names() -> tuple[str, ...]:
    """The peers that are pinned."""
    return tuple(sorted(path.stem for path in HERE.glob("*.txt")))


def environment(name: str, folder: Path | None = None) -> Path:
    """The python of the environment of the peer *name*, made first if it is not there (which takes a network, and a minute).

    Raises ``ValueError`` for a peer that is not pinned and ``RuntimeError`` if pip could not install it.
    """
    if name not in names():
        raise ValueError(f"no such peer: one of {', '.join(names())}")
    pinned = HERE / f"{name}.txt"
    digest = hashlib.sha256(pinned.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = Path(folder or os.environ.get("SAUMA_PEERS") or FOLDER) / f"{name}-{digest}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(home)], name)
        _run([str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "-r", str(pinned)], name)
        (home / "ready").touch()
    return python


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the environment of {name} could not be made:\n{done.stderr[-2000:]}")
