"""The offline folder: what is in it, that wheels exist for every machine it is for, and that it installs without a network."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheelhouse() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wheelhouse", ROOT / ".ci" / "wheelhouse.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["wheelhouse"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wanted(name: str, seen: set[str], environment: dict[str, str]) -> Iterator[str]:
    """The slow way: what the installed *name* says that it needs, and what that needs."""
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        found = canonicalize_name(requirement.name)
        if found not in seen and (requirement.marker is None or requirement.marker.evaluate(environment)):
            seen.add(found)
            yield found
            yield from wanted(found, seen, environment)


def test_what_is_needed_to_run_and_nothing_else(wheelhouse: ModuleType) -> None:
    target = f"linux-{sys.version_info[0]}.{sys.version_info[1]}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    for name in sorted(needed):
        needed |= set(wanted(name, needed, wheelhouse.environment(target)))
    held = {entry.name for entry in wheelhouse.runtime() if entry.fits(target)}
    assert needed <= held
    assert held - needed <= {"psycopg", "psycopg-binary"}  # the driver, which is an extra
    assert held & {"pytest", "mypy", "ruff", "hypothesis", "wheel"} == set()


def test_markers_are_evaluated_for_the_machine_that_it_is_for(wheelhouse: ModuleType) -> None:
    entries = wheelhouse.runtime()
    for target in wheelhouse.TARGETS:
        names = [entry.name for entry in entries if entry.fits(target)]
        assert len(set(names)) == len(names)
        assert ("colorama" in names) == target.startswith("windows")
    assert all(entry.hashes for entry in entries)


def test_the_lock_asks_nothing_that_is_not_decided(wheelhouse: ModuleType) -> None:
    """A marker that asks for something else than we say would be answered for the machine that builds."""
    known = set(wheelhouse.environment("linux-3.12")) | {"and", "or", "not", "in"}
    entries = wheelhouse.locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    asked = {word for entry in entries for word in re.findall(r"[a-z_]+(?=\s*[=!<>])", str(entry.requirement.marker or ""))}
    assert asked <= known
    assert len(entries) == (ROOT / "requirements.lock").read_text(encoding="utf-8").count("==") - sum(
        str(entry.requirement.marker or "").count("==") for entry in entries
    )


def test_the_instructions_are_two_commands(wheelhouse: ModuleType) -> None:
    for system in ("Windows", "Linux"):
        commands = re.findall(r"^ {4}(.+)$", wheelhouse.INSTALL.split(f"{system}:")[1].split(":\n\n")[0], re.MULTILINE)
        assert len(commands) >= 2
        assert "--no-index --find-links wheels --require-hashes" in commands[1]


@pytest.mark.full
def test_every_locked_requirement_has_wheels_for_every_machine(wheelhouse: ModuleType, tmp_path: Path) -> None:
    """Asks the index, and fetches metadata only."""
    for target in wheelhouse.TARGETS:
        platform, _, python = target.partition("-")
        listed = tmp_path / f"{target}.txt"
        listed.write_text("".join(entry.text(marker=False) for entry in wheelhouse.runtime() if entry.fits(target)), encoding="utf-8")
        words = ["-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--quiet", "--no-deps", "--require-hashes"]
        words += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python, "--target", str(tmp_path / "none")]
        words += ["--ignore-requires-python"]  # pip asks it of the Python that runs, not of the one it installs for
        words += [part for name in wheelhouse.PLATFORMS[platform] for part in ("--platform", name)]
        done = subprocess.run([sys.executable, *words, "-r", str(listed)], capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, f"{target}: {done.stderr[-2000:]}"


@pytest.mark.full
def test_it_installs_without_a_network(wheelhouse: ModuleType, tmp_path: Path) -> None:
    """For this machine: a new environment, nothing but the folder, and the command runs."""
    target = f"linux-{sys.version_info[0]}.{sys.version_info[1]}"
    wheelhouse.make(tmp_path / "wheelhouse", (target,))
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    words = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--find-links", "wheels", "--require-hashes"]
    subprocess.run([python, *words, "-r", "requirements.txt"], cwd=tmp_path / "wheelhouse", check=True)
    done = subprocess.run([tmp_path / "env" / "bin" / "sauma", "doctor"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "problem" not in done.stdout
