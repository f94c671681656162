"""Makes ``tests/vectors/clk.json`` with clkhash itself: ``.venv/bin/python tests/clk/make_clk_vectors.py``.

clkhash runs in an environment of its own (``benchmarks/peers``); only text passes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS.parent), str(TESTS.parent / "benchmarks"), str(TESTS / "clk")]

from clk_cases import broken, cases, misfits, stricter  # noqa: E402 - the paths come first
from clk_peer import Clkhash  # noqa: E402 - the paths come first

SECRET = "salaisuus: horse stable"


def row(schema: object) -> list[list[str]]:
    """A row that fits the features of *schema*, in number at least."""
    return [["x" for _ in schema.get("features", ())]] if isinstance(schema, dict) else []


def main() -> None:
    with Clkhash() as peer:
        made = []
        for name, schema, rows in cases():
            answer = peer.ask(schema, rows, SECRET)
            assert "clks" in answer, (name, answer)
            made.append({"name": name, "schema": schema, "rows": rows, "clks": answer["clks"]})
        refused = [
            (name, schema, reason, "refused" in peer.ask(schema, row(schema), SECRET)) for name, schema, reason in (*broken(), *stricter())
        ]
        unfit = [
            (name, schema, value, reason, "refused" in peer.ask(schema, [[value]], SECRET)) for name, schema, value, reason in misfits()
        ]
    document = {
        "description": "CLKs by clkhash 0.18.3 (base64, the first bit is the highest of the first byte); then schemas and values that are refused.",
        "secret": SECRET,
        "cases": made,
        "broken": [
            {"name": name, "schema": schema, "expect": reason, "clkhash_refuses": theirs} for name, schema, reason, theirs in refused
        ],
        "misfits": [
            {"name": name, "schema": schema, "value": value, "expect": reason, "clkhash_refuses": theirs}
            for name, schema, value, reason, theirs in unfit
        ],
    }
    target = TESTS / "vectors" / "clk.json"
    target.write_text(json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("},{", "},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
