"""Candidate pairs: records that share a match token, and the pattern of token families in which they do.

A pattern is an integer, one bit per token family.  Three kinds of pairs are counted per register pair and pattern:

- ``candidates``  pairs that may be one person: not two shared identities, not one register that holds a person once;
- ``matches``     pairs joined by an identity token: what matches look like;
- ``strangers``   pairs that are surely two persons, since both have an identity of their own or are of one register that
  holds a person once: what two different persons look like.  Within registers, where there are most of them by far; between
  registers too where some leave out what two of their persons share, if a third register holds the identity of both: whoever is
  known only because the other register holds him or her too has no chance agreement left there.

The pairs that share nothing are never listed: their number follows from the sizes of the registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.step import Engine

KINDS = ("candidates", "matches", "strangers")
CANDIDATE, MATCH, STRANGER = range(len(KINDS))
_KNOWN = (
    "SELECT s.a, s.b, s.reg_a, s.reg_b, s.pattern FROM all_strangers s JOIN nodes x ON s.a = x.rec JOIN nodes y ON s.b = y.rec"
    " LEFT JOIN nodes_spread i ON i.person = x.person AND i.reg = x.reg LEFT JOIN nodes_spread p ON p.person = x.person AND p.reg = y.reg"
    " LEFT JOIN nodes_spread j ON j.person = y.person AND j.reg = y.reg LEFT JOIN nodes_spread q ON q.person = y.person AND q.reg = x.reg"
    " WHERE s.reg_a = s.reg_b OR (i.registers > CASE WHEN p.person IS NULL THEN 1 ELSE 2 END"
    " AND j.registers > CASE WHEN q.person IS NULL THEN 1 ELSE 2 END)"
)


def compare(engine: Engine, families: int, *, between: bool) -> None:
    """Make ``candidates`` (a, b, reg_a, reg_b, pattern), the ``*_counts`` (reg_a, reg_b, pattern, n) of each kind, and ``evidence``.

    ``evidence`` is ``tokens`` with what ``nodes`` say of each record; it takes the place of ``tokens``, which are dropped.

    Args:
        engine: where ``tokens``, ``nodes`` and ``nodes_spread`` are.
        families: how many token families there are.
        between: whether strangers are those between registers too, or within registers only.
    """
    sql = "SELECT t.rec, t.reg, t.family, t.token, n.person, n.identified, n.one FROM tokens t JOIN nodes n ON t.rec = n.rec"
    engine.run([Step("tokens with their records", sql, ("tokens", "nodes"), "evidence")])
    engine.drop(["tokens"])
    pairs = [f"pairs_{bit:02d}" for bit in range(families)]
    engine.run([_pairs(1 << bit, output, between=between) for bit, output in enumerate(pairs)])  # one family at a time: memory
    made = ("candidates", "matches", "all_strangers" if between else "strangers")
    engine.run([_patterns(kind, pairs, output) for kind, output in enumerate(made)])
    engine.drop(pairs)
    if between:
        engine.run([Step("strangers whom a third register knows", _KNOWN, ("all_strangers", "nodes", "nodes_spread"), "strangers")])
        engine.drop(["all_strangers"])
    engine.run([_counted(name) for name in KINDS])
    engine.drop([KINDS[MATCH], KINDS[STRANGER]])


def _pairs(family: int, output: str, *, between: bool) -> Step:
    """The pairs that share a token of *family*, each once, with their kind."""
    chosen = f"SELECT rec, reg, token, person, identified, one FROM evidence WHERE family = {family}"  # noqa: S608 - relation names are ours
    kind = (
        f"CASE WHEN x.person = y.person THEN CASE WHEN x.reg <> y.reg AND x.identified * y.identified = 1 THEN {MATCH} END"
        f" WHEN x.reg = y.reg AND (x.one = 1 OR x.identified * y.identified = 1) THEN {STRANGER}"
        f" WHEN x.identified * y.identified = 1 THEN {STRANGER if between else 'NULL'} ELSE {CANDIDATE} END"
    )
    sql = (
        "SELECT DISTINCT a, b, reg_a, reg_b, family, kind FROM"  # noqa: S608 - relation names are ours
        f" (SELECT x.rec AS a, y.rec AS b, x.reg AS reg_a, y.reg AS reg_b, CAST({family} AS BIGINT) AS family, {kind} AS kind"
        f" FROM ({chosen}) AS x JOIN ({chosen}) AS y ON x.token = y.token AND x.rec < y.rec) AS shared WHERE kind IS NOT NULL"
    )
    return Step("pairs that share a token", sql, ("evidence",), output)


def _patterns(kind: int, pairs: Sequence[str], output: str) -> Step:
    """The pairs of one kind, with the families in which they share a token."""
    none = "SELECT rec AS a, rec AS b, reg AS reg_a, reg AS reg_b, family FROM evidence WHERE rec < 0"
    shared = " UNION ALL ".join([none, *(f"SELECT a, b, reg_a, reg_b, family FROM {part} WHERE kind = {kind}" for part in pairs)])  # noqa: S608 - relation names are ours
    sql = f"SELECT a, b, reg_a, reg_b, CAST(SUM(family) AS BIGINT) AS pattern FROM ({shared}) AS agreement GROUP BY a, b, reg_a, reg_b"  # noqa: S608 - relation names are ours
    return Step(f"patterns of {KINDS[kind]}", sql, ("evidence", *pairs), output)


def _counted(patterns: str) -> Step:
    sql = f"SELECT reg_a, reg_b, pattern, COUNT(*) AS n FROM {patterns} GROUP BY reg_a, reg_b, pattern"  # noqa: S608 - relation names are ours
    return Step("pattern counts", sql, (patterns,), f"{patterns}_counts")
