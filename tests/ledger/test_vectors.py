"""The language-neutral vectors of ``tests/vectors/ledger.json``: another implementation must agree with each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle, note, verify
from schemas.errors import IntegrityError

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "ledger.json").read_text(encoding="utf-8"))
OFFICERS = {party: bytes.fromhex(key) for party, key in VECTORS["keys"]["officers"].items()}


def as_bytes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def outcome(case: dict[str, Any], folder: Path) -> Any:
    match case["kind"]:
        case "leaf":
            return merkle.leaf_hash(bytes.fromhex(case["leaf"])).hex()
        case "root":
            return merkle.Tree(as_bytes(case["leaves"])).root().hex()
        case "inclusion":
            leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
            return merkle.verify_inclusion(leaf, case["index"], case["size"], as_bytes(case["proof"]), root)
        case "consistency":
            old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
            return merkle.verify_consistency(case["old"], case["new"], old, new, as_bytes(case["proof"]))
        case "checkpoint":
            return note.Checkpoint(case["origin"], case["size"], bytes.fromhex(case["root"])).text
        case "note":
            found = note.read(case["note"], place="note")
            checked = note.check(found, writer=bytes.fromhex(VECTORS["keys"]["writer"]), witnesses=OFFICERS, place="note")
            times = {party: int(moment.timestamp()) for party, moment in checked.witnesses.items()}
            return {"size": checked.checkpoint.size, "witnesses": times}
    write(edited(case["edit"]), folder)
    summary = verify.summary(verify.verify(folder))
    return {"size": summary["size"], "spent": summary["budget"]["spent"], "publications": summary["publications"]}


def edited(edits: list[dict[str, Any]]) -> dict[str, str]:
    entries, tail = list(VECTORS["ledger"]["entries"]), "\n"
    files = {"checkpoint": VECTORS["ledger"]["checkpoint"], **VECTORS["ledger"]["relations"]}
    for edit in edits:
        if "replace" in edit:
            entries[edit["entry"]] = replaced(entries[edit["entry"]], *edit["replace"])
        if "drop" in edit:
            del entries[edit["drop"]]
        if "swap" in edit:
            a, b = edit["swap"]
            entries[a], entries[b] = entries[b], entries[a]
        if "repeat" in edit:
            entries.insert(edit["repeat"], entries[edit["repeat"]])
        if "checkpoint" in edit:
            files["checkpoint"] = replaced(files["checkpoint"], *edit["checkpoint"])
        if "relations" in edit:
            files |= {name: replaced(text, *edit["relations"]) for name, text in files.items() if name.startswith("relations/")}
        tail = edit.get("tail", tail)
    return {"entries.jsonl": "\n".join(entries) + tail, **files}


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def write(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_vector(case: dict[str, Any], tmp_path: Path) -> None:
    if case.get("fails", "proof") == "proof":
        assert outcome(case, tmp_path) == case.get("expect", False)
        return
    with pytest.raises(IntegrityError) as caught:
        outcome(case, tmp_path)
    assert caught.value.code == case["fails"]
