"""What loads without what: the verifier and the identity-code rules need no engine, and ``--help`` needs almost nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKER = """
import importlib.abc, sys
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names!r}:
            raise ModuleNotFoundError("blocked: " + name, name=name)
        return None
sys.meta_path.insert(0, Blocker())
"""
ENGINES = {"pyspark", "duckdb", "pyarrow"}
HEAVY = {
    "duckdb",
    "pyarrow",
    "numpy",
    "pandas",
    "scipy",
    "highspy",
    "opendp",
    "diffprivlib",
    "sklearn",
    "recordlinkage",
    "sqlglot",
    "pyspark",
    "jinja2",
    "cryptography",
}


def python(script: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run *script* in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, encoding="utf-8", cwd=cwd, check=False, timeout=120
    )


def without(names: set[str], script: str) -> str:
    return BLOCKER.format(names=names) + script


def test_contracts_and_identity_codes_need_no_engine() -> None:
    script = """
import datetime, importlib, pkgutil
import schemas
for module in pkgutil.iter_modules(schemas.__path__):
    importlib.import_module("schemas." + module.name)
from privacy.pseudonymise.hetu import Hetu, parse
found = parse("010203A901T", today=datetime.date(2026, 11, 21))
print(type(found).__name__)
"""
    done = python(without(ENGINES, script))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("Hetu", "Rejection")


def test_the_verifier_needs_no_engine_and_no_writer(region_made_once: Path) -> None:
    script = """
import sys
from ledger.verify import main
status = main([sys.argv[1]])
assert "ledger.store" not in sys.modules, "the verifier imports the writer"
assert not [name for name in sys.modules if name.split(".")[0] == "sauma"], "the verifier imports the command"
sys.exit(status)
"""
    blocked = ENGINES | {"numpy", "pandas", "scipy", "typer", "jinja2", "opendp", "highspy"}
    done = python(without(blocked, script), str(region_made_once / "ledger"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["explain", "S2004"], ["link", "--help"], ["pseudonymise", "--help"]])
def test_help_is_quick_because_it_loads_little(arguments: list[str]) -> None:
    script = """
import contextlib, io, json, sys
from sauma.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    status = run(sys.argv[1:])
assert status == 0, status
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    done = python(script, *arguments)
    assert done.returncode == 0, done.stderr
    heavy = HEAVY | ({"pydantic"} if arguments == ["--help"] else set())  # typer itself needs pydantic to build one command
    assert heavy & set(json.loads(done.stdout)) == set()


def test_the_wheel_holds_every_package() -> None:
    import tomllib

    root = Path(__file__).resolve().parent.parent
    declared = set(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"])
    tops = {name.split(".")[0] for name in declared}
    present = {file.parent.relative_to(root).as_posix().replace("/", ".") for top in tops for file in (root / top).rglob("__init__.py")}
    assert present == declared
