"""Makes the whole ledger in ``tests/vectors/ledger.json`` anew: run ``python tests/ledger/make_ledger_vectors.py`` after a change of format (v0 only).

The hashes, proofs and notes in it are independent of the contracts' formats and stay as they are.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import ledger_world as world

VECTORS = Path(__file__).parent.parent / "vectors" / "ledger.json"


def small(folder: Path) -> dict[str, object]:
    """A ledger of seven entries, up to a publication."""
    world.begin(folder)
    world.say(folder, world.package())
    world.propose(folder)
    world.decide(folder)
    world.witness(folder)
    world.publish(folder)
    told = sorted((folder / "relations").rglob("*.json"))
    return {
        "entries": (folder / "entries.jsonl").read_text(encoding="utf-8").splitlines(),
        "checkpoint": (folder / "checkpoint").read_text(encoding="utf-8"),
        "relations": {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in told},
    }


def main() -> None:
    """Write the vectors."""
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        vectors["ledger"] = small(Path(folder) / "ledger")
    VECTORS.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
