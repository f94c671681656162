"""Candidate pairs: records that share a match token, and the pattern of token families in which they do.

A pattern is an integer, one bit per token family.  Four kinds of pairs are counted per register pair and pattern:

- ``candidates``  pairs that may be one person: not two shared identities, not one register that holds a person once;
- ``matches``     pairs joined by an identity token: what matches look like;
- ``strangers``   pairs that are surely two persons, since both have an identity of their own or are of one register that
  holds a person once: what two different persons look like.  Within registers, where there are most of them by far; between
  registers too where some leave out what two of their persons share;
- the pairs that share nothing are never listed: their number follows from the sizes of the registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

_AGREEMENTS = (
    "SELECT a, b, reg_a, reg_b, CAST(SUM(family) AS BIGINT) AS pattern"
    " FROM (SELECT DISTINCT a, b, reg_a, reg_b, family FROM {pairs}) AS agreement GROUP BY a, b, reg_a, reg_b"
)
_COUNTS = "SELECT reg_a, reg_b, pattern, COUNT(*) AS n FROM {patterns} GROUP BY reg_a, reg_b, pattern"


def compare(engine: Engine, *, between: bool) -> None:
    """Make ``candidates``, ``matches`` and ``strangers`` (a, b, reg_a, reg_b, pattern) and their ``*_counts``.

    *between*: whether strangers are those between registers too, or within registers only.
    """
    same = "" if between else "x.reg = y.reg AND "
    engine.run(
        [
            Step(
                "tokens with their records",
                "SELECT t.rec, t.reg, t.family, t.token, n.person, n.identified, n.one FROM tokens t JOIN nodes n ON t.rec = n.rec",
                ("tokens", "nodes"),
                "evidence",
            ),
            *_compared("candidates", "x.person <> y.person AND x.identified * y.identified = 0 AND (x.reg <> y.reg OR x.one = 0)"),
            *_compared("matches", "x.person = y.person AND x.identified * y.identified = 1 AND x.reg <> y.reg"),
            *_compared("strangers", f"x.person <> y.person AND {same}(x.reg = y.reg AND x.one = 1 OR x.identified * y.identified = 1)"),
        ]
    )


def _compared(name: str, condition: str) -> list[Step]:
    pairs = (
        "SELECT x.rec AS a, y.rec AS b, x.reg AS reg_a, y.reg AS reg_b, x.family FROM evidence x"  # noqa: S608 - relation names are ours
        f" JOIN evidence y ON x.family = y.family AND x.token = y.token AND x.rec < y.rec WHERE {condition}"
    )
    return [
        Step(f"{name}: pairs that share a token", pairs, ("evidence",), f"{name}_pairs"),
        Step(f"{name}: patterns", _AGREEMENTS.format(pairs=f"{name}_pairs"), (f"{name}_pairs",), name),
        Step(f"{name}: pattern counts", _COUNTS.format(patterns=name), (name,), f"{name}_counts"),
    ]
