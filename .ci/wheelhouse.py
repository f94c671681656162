"""Makes a folder from which Sauma installs without a network, on Linux and Windows (x86-64), Python 3.11 to 3.13.

``python .ci/wheelhouse.py FOLDER [--target linux-3.11 ...]``: run by ``make wheelhouse``.  What is needed to run, and no
development tool, is taken out of ``requirements.lock`` by its ``# via`` comments; markers are evaluated for each target,
because pip evaluates them for the machine it runs on.  Hashes are those of the lock, wheels only.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
MANYLINUX = [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17, 12, 5)] + ["manylinux2014_x86_64", "manylinux1_x86_64"]
PLATFORMS = {"linux": MANYLINUX, "windows": ["win_amd64"]}
PYTHONS = ("3.11", "3.12", "3.13")
TARGETS = tuple(f"{platform}-{python}" for platform in PLATFORMS for python in PYTHONS)
INSTALL = """Installing Sauma without a network
==================================

You need Python 3.11, 3.12 or 3.13 (64 bits) and this folder.  Open a terminal in this folder.

Windows:

    py -m venv %USERPROFILE%\\sauma
    %USERPROFILE%\\sauma\\Scripts\\python -m pip install --no-index --find-links wheels --require-hashes -r requirements.txt

Linux:

    python3 -m venv ~/sauma
    ~/sauma/bin/python -m pip install --no-index --find-links wheels --require-hashes -r requirements.txt

Then 'sauma' is in the folder Scripts (Windows) or bin (Linux) of what you made: try 'sauma doctor'.
Nothing is compiled and nothing is fetched; every file is checked against its SHA-256 in requirements.txt.
"""


@dataclass(frozen=True)
class Locked:
    """One entry of the lock: its requirement, its lines with hashes, and which packages want it."""

    requirement: Requirement
    hashes: tuple[str, ...]
    wanted_by: frozenset[str]

    @property
    def name(self) -> str:
        """The normalised name."""
        return canonicalize_name(self.requirement.name)

    def text(self, *, marker: bool) -> str:
        """The entry as pip reads it."""
        told = f" ; {self.requirement.marker}" if marker and self.requirement.marker else ""
        lines = [f"{self.requirement.name}{self.requirement.specifier}{told}", *(f"    --hash={each}" for each in self.hashes)]
        return " \\\n".join(lines) + "\n"

    def fits(self, target: str) -> bool:
        """Whether *target* needs it."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment(target))


def environment(target: str) -> dict[str, str]:
    """What markers ask of *target*."""
    platform, _, python = target.partition("-")
    windows = platform == "windows"
    return {
        "sys_platform": "win32" if windows else "linux",
        "platform_system": "Windows" if windows else "Linux",
        "os_name": "nt" if windows else "posix",
        "platform_machine": "AMD64" if windows else "x86_64",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def locked(text: str) -> list[Locked]:
    """The entries of ``requirements.lock``."""
    found = []
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = entry.split("\n", 1)[0].rstrip(" \\")
        if not head or head.startswith("#"):
            continue
        via = re.search(r"# via([^\n]*(?:\n {4}#   [^\n]*)*)", entry)
        wanted = re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", via[1]) if via else []
        hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry))
        found.append(Locked(Requirement(head), hashes, frozenset(canonicalize_name(name) for name in wanted)))
    return found


def to_run(entries: list[Locked], roots: set[str]) -> list[Locked]:
    """Of *entries*, the *roots* and whatever they want."""
    needed: set[str] = set(roots)
    while more := {entry.name for entry in entries if entry.wanted_by & needed} - needed:
        needed |= more
    return [entry for entry in entries if entry.name in needed]


def runtime() -> list[Locked]:
    """What the lock holds of the command's own dependencies, the database driver included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    roots = {canonicalize_name(Requirement(text).name) for text in wanted}
    found = to_run(locked((ROOT / "requirements.lock").read_text(encoding="utf-8")), roots)
    missing = roots - {entry.name for entry in found}
    if missing:
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: run 'make lock'")
    return found


def download(entries: list[Locked], target: str, wheels: Path) -> None:
    """The wheels of *entries* for *target*."""
    platform, _, python = target.partition("-")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(entry.text(marker=False) for entry in entries if entry.fits(target)), encoding="utf-8")
        words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--require-hashes"]
        words += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python, "--dest", str(wheels), "-r", str(listed)]
        subprocess.run([*words, *(part for name in PLATFORMS[platform] for part in ("--platform", name))], check=True)


def own_wheel(wheels: Path) -> Path:
    """Our own wheel, built from a copy without what earlier builds left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sauma"
        tops = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
        for top in {name.split(".")[0] for name in tops}:
            shutil.copytree(ROOT / top, copy / top, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(ROOT / name, copy / name)
        words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*words, "--no-index", "--wheel-dir", str(wheels), str(copy)], check=True)
    return next(wheels.glob("sauma-*.whl"))


def make(folder: Path, targets: tuple[str, ...]) -> None:
    """The whole folder, or nothing under its name."""
    if folder.exists():
        raise SystemExit(f"{folder} is already there: remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        wheels, entries = staging / "wheels", runtime()
        for target in targets:
            download(entries, target, wheels)
            print(f"{target}: {sum(entry.fits(target) for entry in entries)} wheels")
        ours = own_wheel(wheels)
        version = ours.name.split("-")[1]
        own = f"sauma=={version} \\\n    --hash=sha256:{hashlib.sha256(ours.read_bytes()).hexdigest()}\n"
        text = own + "".join(entry.text(marker=True) for entry in entries)
        (staging / "requirements.txt").write_text(text, encoding="utf-8", newline="\n")
        (staging / "INSTALL.txt").write_text(INSTALL, encoding="ascii", newline="\r\n")
        staging.chmod(0o755)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def main() -> None:
    """Make the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", action="append", choices=TARGETS, help="one machine only (else all); can be repeated")
    chosen = parser.parse_args()
    make(chosen.folder, tuple(chosen.target or TARGETS))


if __name__ == "__main__":
    main()
