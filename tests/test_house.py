"""The rules of the house that a reader can check in the source: who may build what, and where the outside world is."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "privacy", "linkage", "ledger", "hyte", "sauma")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
TREES = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES}
PURE = {name: tree for name, tree in TREES.items() if name.split("/")[0] in ("schemas", "privacy", "linkage", "ledger", "hyte")}
OUTSIDE = ("ledger/store.py", "ledger/verify.py")
"""The only files of the pure rooms that touch files."""
WORLD = {
    "os",
    "io",
    "random",
    "secrets",
    "time",
    "logging",
    "subprocess",
    "socket",
    "tempfile",
    "shutil",
    "sys",
    "getpass",
    "threading",
    "multiprocessing",
    "urllib",
    "locale",
}
MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40


def imported(tree: ast.AST) -> set[str]:
    """The modules that *tree* imports, by full name."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module}
    return names


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """The calls in *tree* with the last part of what they call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield node, function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_only_the_gate_makes_a_protected_table() -> None:
    makers = {name for name, tree in TREES.items() if any(called == "ProtectedTable" for _, called in calls(tree))}
    assert makers == {"privacy/protect/gate.py"}


def test_the_gate_stays_short() -> None:
    assert len((ROOT / "privacy/protect/gate.py").read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX
    assert len((ROOT / "sauma/stages.py").read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX


@pytest.mark.parametrize("name", sorted(set(PURE) - set(OUTSIDE)))
def test_the_pure_rooms_never_touch_the_world(name: str) -> None:
    tree = PURE[name]
    assert {module.split(".")[0] for module in imported(tree)} & WORLD == set()
    named = {called for _, called in calls(tree)}
    assert named & {"print", "input", "now", "today", "utcnow", "urandom", "read_text", "write_text", "read_bytes", "write_bytes"} == set()
    assert [call.lineno for call, called in calls(tree) if called == "open" and isinstance(call.func, ast.Name)] == []
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "environ"]


def test_engines_are_imported_under_the_engine_room_only() -> None:
    users = {name for name, tree in TREES.items() if {module.split(".")[0] for module in imported(tree)} & {"duckdb", "pyspark"}}
    assert all(name.startswith("sauma/engine/") for name in users)


def test_typers_vendored_click_is_not_imported() -> None:
    assert [name for name, tree in TREES.items() if {module.split(".")[0] for module in imported(tree)} & {"click"}] == []


def test_the_truth_is_read_by_the_demonstration_and_by_quality_only() -> None:
    allowed = ("sauma/demo/", "sauma/cli/demo.py", "sauma/cli/quality.py", "sauma/truth.py", "sauma/quality.py")
    readers = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\btruth/|/truth\b|records\.csv|families\.csv", node.value)
    }
    assert [name for name in readers if not name.startswith(allowed)] == []


def test_no_error_is_raised_inside_an_except_block() -> None:
    """``raise X`` there, even ``from None``, keeps the library's exception, and the value in its message, in ``__context__``."""
    found = []
    for name, tree in TREES.items():
        for handler in ast.walk(tree):
            if isinstance(handler, ast.ExceptHandler):
                found += [f"{name}:{node.lineno}" for node in ast.walk(handler) if isinstance(node, ast.Raise) and node.exc is not None]
    assert found == []


def test_every_text_file_is_opened_with_its_encoding() -> None:
    found = []
    for name, tree in TREES.items():
        own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for call, called in calls(tree):
            modes = [argument.value for argument in call.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
            if isinstance(call.func, ast.Name):
                text = called in ("open", "fdopen") and not any("b" in mode for mode in modes)
            else:
                text = called == "write_text" or (called == "read_text" and not call.args)
            if text and called not in own and "encoding" not in {keyword.arg for keyword in call.keywords}:
                found.append(f"{name}:{call.lineno}")
    assert found == []


def test_no_module_is_called_after_nothing() -> None:
    names = {Path(name).stem for name in TREES}
    assert names & {"utils", "util", "helpers", "helper", "misc", "common", "tools", "manager"} == set()


def test_every_suppression_says_why() -> None:
    said = re.compile(r"#\s*(noqa: [A-Z0-9, ]*[0-9]|type: ignore\[[a-z, -]+\])\s+(-|--|#)\s*\w")
    found = []
    for file in SOURCES:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"#\s*(noqa|type:\s*ignore)", line) and not said.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}")
    assert found == []


def test_modules_are_of_a_size_that_one_can_read() -> None:
    sizes = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in TREES}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES_MAX} == {}
    assert statistics.median(size for name, size in sizes.items() if not name.endswith("__init__.py")) <= 150


def code_lines(name: str, function: ast.FunctionDef) -> int:
    """Lines of *function* that hold code: no docstring, comment or empty line."""
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str)
    doc = range(body[0].lineno, (body[0].end_lineno or 0) + 1) if documented else range(0)
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    numbers = (number for number in range(function.lineno, (function.end_lineno or 0) + 1) if number not in doc)
    return sum(1 for number in numbers if lines[number - 1].strip() and not lines[number - 1].strip().startswith("#"))


def test_functions_are_of_a_size_that_one_can_read() -> None:
    sizes = {
        f"{name}:{node.name}": code_lines(name, node)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES_MAX} == {}
    assert sorted(sizes.values())[len(sizes) * 9 // 10] <= 25


def test_file_names_are_plain_and_test_modules_have_names_of_their_own() -> None:
    files = [file for top in (*PACKAGES, "tests", "examples", "docs", "benchmarks") for file in (ROOT / top).rglob("*")]
    assert [file.name for file in files if not re.fullmatch(r"[A-Za-z0-9_.+-]+", file.name)] == []
    names = Counter(file.name for file in (ROOT / "tests").rglob("*.py") if file.name not in ("__init__.py", "conftest.py"))
    assert [name for name, count in names.items() if count > 1] == []


def commands_of(tree: ast.Module) -> set[str]:
    """The functions that *tree* hands to typer: ``app.command("x")(name)``."""
    handed = [call for call, _ in calls(tree) if isinstance(call.func, ast.Call) and getattr(call.func.func, "attr", "") == "command"]
    return {argument.id for call in handed for argument in call.args if isinstance(argument, ast.Name)}


def test_every_command_shows_an_example() -> None:
    texts = {
        f"{name}:{node.name}": ast.get_docstring(node) or ""
        for name, tree in TREES.items()
        for node in tree.body
        if name.startswith("sauma/cli/") and isinstance(node, ast.FunctionDef) and node.name in commands_of(tree)
    }
    assert len(texts) >= 18
    assert [name for name, text in texts.items() if "Example: sauma" not in text] == []


def test_every_command_is_in_the_readme() -> None:
    from sauma.cli.main import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in COMMANDS if f"sauma {command}" not in text] == []


UNNAMED = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="tired")
def test_skips():
    pass

@pytest.mark.xfail(reason="known", strict=False)
def test_expected():
    assert False
"""


def test_a_skip_that_nobody_named_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests" / "conftest.py")
    (tmp_path / "tests" / "test_some.py").write_text(UNNAMED, encoding="utf-8")
    skips = tmp_path / "tests" / "skips.txt"

    def run() -> str:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path / "tests"],
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            check=False,
        ).stdout

    skips.write_text("# none\n", encoding="utf-8")
    assert re.search(r"1 failed, 1 passed, 1 error", run())
    skips.write_text("tests/test_some.py::test_skips  # tired\ntests/test_some.py::test_expected  # known\n", encoding="utf-8")
    assert re.search(r"1 passed, 1 skipped, 1 xfailed", run())
