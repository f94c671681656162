"""What loads without what: the verifier and the identity-code rules need no engine, and ``--help`` needs almost nothing."""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
import tokenize
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
    "openpyxl",
    "sqlalchemy",
    "psycopg",
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


PLATFORM = re.compile(
    r"""\b(fcntl|msvcrt|resource|pwd|grp|termios|icacls)\b(?!\.md) | os\.(name|geteuid|getuid|fork|fchmod|chown|O_[A-Z]+)\b
        | ["']O_[A-Z]+["'] | sys\.platform | platform\.system | MADV_""",
    re.VERBOSE,
)
PORTABLE = {"os.O_RDONLY", "os.O_WRONLY", "os.O_RDWR", "os.O_CREAT", "os.O_EXCL", "os.O_TRUNC", "os.O_APPEND"}
ELSEWHERE = {
    "ledger/verify.py": {'"O_BINARY"', '"O_NOFOLLOW"', '"O_NONBLOCK"'},
    "ledger/store.py": {'"O_BINARY"', '"O_NOFOLLOW"', '"O_DIRECTORY"', "os.O_DIRECTORY"},
}
"""What the ledger, which imports nothing of the command, asks for itself."""


def test_platform_code_is_in_one_file() -> None:
    """Which ``if`` is about the platform, and which flag or module only some have: ``sauma/system.py`` knows."""
    root, found = Path(__file__).resolve().parent.parent, {}
    for top in ("schemas", "privacy", "linkage", "ledger", "hyte", "sauma"):
        for file in (root / top).rglob("*.py"):
            name = file.relative_to(root).as_posix()
            code = tokens_of(file.read_text(encoding="utf-8"))
            used = {match[0] for match in PLATFORM.finditer(code)} - PORTABLE - ELSEWHERE.get(name, set())
            if used and name != "sauma/system.py":
                found[name] = used
    assert found == {}


def tokens_of(text: str) -> str:
    """*text* without comments and docstrings."""
    kept, last = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        statement = token.type == tokenize.STRING and last in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.NL)
        if token.type != tokenize.COMMENT and not statement:
            kept.append(token.string if token.type not in (tokenize.NAME, tokenize.STRING) else f"{token.string} ")
        last = token.type
    return re.sub(r"\s*\.\s*", ".", "".join(kept))


def test_the_way_in_on_a_machine_that_lacks_what_windows_lacks(tmp_path: Path) -> None:
    """Keys, agreement, check, package and a second one over it: see ``windowless.py`` for what is taken away."""
    sys.path.insert(0, str(Path(__file__).parent / "way_in"))
    world = importlib.import_module("way_in_world")
    top = world.write_world(tmp_path / "world", signed=tuple(party for party in world.PARTIES if party != "espoo"))
    package = "../packages/pupils.sauma"
    commands = [
        ("espoo", "keys", "create", "newcomer", "--out", "new", "--passphrase-file", "passphrase"),
        ("espoo", "agreement", "sign"),
        ("espoo", "agreement", "check"),
        ("espoo", "check", "pupils"),
        ("espoo", "pseudonymise", "pupils"),
        ("espoo", "pseudonymise", "pupils"),
        ("espoo", "pseudonymise", "pupils", "--out", "elsewhere/mäkelä.sauma"),
        ("espoo", "inspect", package),
        ("analyst", "inspect", package, "--json"),
        ("espoo", "status"),
        ("espoo", "doctor"),
    ]
    script = Path(__file__).with_name("windowless.py")
    told = "".join(json.dumps(command) + "\n" for command in commands)
    ran = subprocess.run(
        [sys.executable, script, top], input=told, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    failed = [(command, done) for command, done in zip(commands, answer["done"], strict=True) if done["status"]]
    assert failed == []
    assert "sequence 2" in answer["done"][5]["out"]
    assert "sequence 3" in answer["done"][6]["out"]
    assert json.loads(answer["done"][8]["out"])["manifest"]["sequence"] == 2
    assert answer["refused"] == []
    private = {re.sub(r"^\.(.+)\.[a-z0-9_]{8}\.partial$", r"\1", name) for name in answer["restricted"]}
    assert {"newcomer.key", "espoo.sig", "packages", "pupils.sauma", "mäkelä.sauma", "pupils.rejects.csv"} <= private
    assert [path.name for path in top.rglob("*.partial")] == []


def test_text_is_read_without_what_spreadsheets_and_databases_need() -> None:
    script = """
import json, sys
import sauma.readers
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    done = python(script)
    assert done.returncode == 0, done.stderr
    assert {"openpyxl", "sqlalchemy", "psycopg", "sqlglot", "pandas", "duckdb"} & set(json.loads(done.stdout)) == set()


def test_the_wheel_holds_every_package() -> None:
    import tomllib

    root = Path(__file__).resolve().parent.parent
    declared = set(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"])
    tops = {name.split(".")[0] for name in declared}
    present = {file.parent.relative_to(root).as_posix().replace("/", ".") for top in tops for file in (root / top).rglob("__init__.py")}
    assert present == declared
