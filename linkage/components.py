"""Connected components by spreading the smallest label: a handful of rounds, since persons and families are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

ROUNDS_MAX = 200


def components(engine: Engine, nodes: str, edges: str, output: str) -> None:
    """Make *output* (node, label): ``label`` is the smallest node of each component.

    Args:
        engine: where the relations are.
        nodes: relation with a BIGINT column ``node``, distinct.
        edges: relation with BIGINT columns ``a`` and ``b``, in either or both directions.
        output: name of the relation to make.

    Raises:
        RuntimeError: a component is a chain longer than ``ROUNDS_MAX``: no person or family is.
    """
    both, current = f"{output}_edges", f"{output}_round_0"
    engine.run(
        [
            Step("both directions", f"SELECT a, b FROM {edges} UNION SELECT b, a FROM {edges}", (edges,), both),  # noqa: S608 - relation names are ours
            Step("own labels", f"SELECT node, node AS label FROM {nodes}", (nodes,), current),  # noqa: S608 - relation names are ours
        ]
    )
    for number in range(1, ROUNDS_MAX):
        following, changed = f"{output}_round_{number}", f"{output}_changed_{number}"
        engine.run([_spread(current, both, following), _changed(current, following, changed)])
        if engine.fetch(changed, rows_max=1)["n"][0].as_py() == 0:
            engine.run([Step("stable labels", f"SELECT node, label FROM {following}", (following,), output)])  # noqa: S608 - relation names are ours
            return
        current = following
    raise RuntimeError("a component is longer than any person or family")


def _spread(current: str, edges: str, output: str) -> Step:
    sql = (
        "SELECT node, MIN(label) AS label FROM ("  # noqa: S608 - relation names are ours
        f"SELECT node, label FROM {current} UNION ALL SELECT e.a AS node, c.label FROM {edges} e JOIN {current} c ON e.b = c.node"
        ") AS seen GROUP BY node"
    )
    return Step("spread the smallest label", sql, (current, edges), output)


def _changed(before: str, after: str, output: str) -> Step:
    sql = f"SELECT COUNT(*) AS n FROM {before} x JOIN {after} y ON x.node = y.node WHERE x.label <> y.label"  # noqa: S608 - relation names are ours
    return Step("count changed labels", sql, (before, after), output)
