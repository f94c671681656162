"""Candidate pairs: records that share a match token, and the pattern of token families in which they do.

A pattern is an integer, one bit per token family.  Four kinds of pairs are counted per register pair and pattern:

- ``candidates``  pairs that may be one person: not two shared identities, not one register that holds a person once;
- ``matches``     pairs joined by an identity token: what matches look like;
- ``strangers``   pairs that are surely two persons, since both have an identity of their own or are of one register that
  holds a person once: what two different persons look like.  Within registers, where there are most of them by far; between
  registers too where some leave out what two of their persons share, if a third register holds the identity of both: whoever is
  known only because the other register holds him or her too has no chance agreement left there;
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
_HELD = "SELECT person, reg, COUNT(*) AS n FROM nodes WHERE identified = 1 GROUP BY person, reg"
_KNOWN = (
    "SELECT s.a, s.b, s.reg_a, s.reg_b, s.pattern FROM all_strangers s JOIN nodes x ON s.a = x.rec JOIN nodes y ON s.b = y.rec"
    " LEFT JOIN identities_spread i ON x.person = i.person LEFT JOIN identities_spread j ON y.person = j.person"
    " LEFT JOIN identities_held p ON x.person = p.person AND p.reg = s.reg_b"
    " LEFT JOIN identities_held q ON y.person = q.person AND q.reg = s.reg_a"
    " WHERE s.reg_a = s.reg_b OR (i.registers > CASE WHEN p.person IS NULL THEN 1 ELSE 2 END"
    " AND j.registers > CASE WHEN q.person IS NULL THEN 1 ELSE 2 END)"
)
_COUNTS = "SELECT reg_a, reg_b, pattern, COUNT(*) AS n FROM {patterns} GROUP BY reg_a, reg_b, pattern"


def compare(engine: Engine, *, between: bool) -> None:
    """Make ``candidates``, ``matches`` and ``strangers`` (a, b, reg_a, reg_b, pattern) and their ``*_counts``.

    *between*: whether strangers are those between registers too, or within registers only.
    """
    identified = "x.identified * y.identified = 1"
    if not between:
        identified = f"x.reg = y.reg AND {identified}"
    engine.run(
        [
            Step(
                "tokens with their records",
                "SELECT t.rec, t.reg, t.family, t.token, n.person, n.identified, n.one FROM tokens t JOIN nodes n ON t.rec = n.rec",
                ("tokens", "nodes"),
                "evidence",
            ),
            Step("registers of each identity", _HELD, ("nodes",), "identities_held"),
            Step(
                "how many registers hold each identity",
                "SELECT person, COUNT(*) AS registers FROM identities_held GROUP BY person",
                ("identities_held",),
                "identities_spread",
            ),
            *_compared("candidates", "x.person <> y.person AND x.identified * y.identified = 0 AND (x.reg <> y.reg OR x.one = 0)"),
            *_compared("matches", "x.person = y.person AND x.identified * y.identified = 1 AND x.reg <> y.reg"),
            *_compared("all_strangers", f"x.person <> y.person AND (x.reg = y.reg AND x.one = 1 OR {identified})"),
            Step(
                "strangers whom a third register knows",
                _KNOWN,
                ("all_strangers", "nodes", "identities_held", "identities_spread"),
                "strangers",
            ),
            *(
                Step(f"{name}: pattern counts", _COUNTS.format(patterns=name), (name,), f"{name}_counts")
                for name in ("candidates", "matches", "strangers")
            ),
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
    ]
