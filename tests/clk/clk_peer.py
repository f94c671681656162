"""clkhash itself, in its own environment: one process that is asked case by case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent


class Clkhash:
    """A running clkhash; :meth:`ask` gives its CLKs, or the class of error with which it refuses."""

    def __enter__(self) -> Self:
        sys.path.insert(0, str(HERE.parent.parent / "benchmarks"))
        from peers import environment

        python = environment("clkhash")
        self._process = subprocess.Popen([python, HERE / "clkhash_encode.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def ask(self, schema: object, rows: list[list[str]], secret: str) -> dict[str, Any]:
        """``{"clks": [base64, ...]}`` or ``{"refused": class}``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"schema": schema, "rows": rows, "secret": secret}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
