"""Makes ``tests/vectors/tokens.json`` and ``key_derivation.json`` anew: ``python tests/pseudonymise/make_token_vectors.py``.

The cases stay, what is expected of them is computed: by the slow reference where it can, which was written from the protocol alone.
``tokens/v1`` is frozen: run it to add cases or a profile; any other change of a value that stands is a new version of the protocol.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from reference_tokens import DOMAIN, hkdf, mac, tokens, variants_of

from privacy.pseudonymise import keys
from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import PROFILES, layout
from privacy.pseudonymise.sentinels import sentinels

VECTORS = Path(__file__).parents[1] / "vectors"
KEY, GENESIS = bytes(range(32)), "ab" * 32
SECRET = {"key": KEY.hex(), "genesis": GENESIS}
Case = dict[str, Any]


def main() -> None:
    """Write both files."""
    path = VECTORS / "tokens.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    fixed = [again(case) for case in document["cases"] if case["kind"] in {"identity", "variants"}]
    records = {case["name"].rpartition(":")[0]: case["fields"] for case in document["cases"] if case["kind"] == "match"}
    matches = [match(name, fields, family) for name, fields in records.items() for family in PROFILES["thorough"]]
    whole = [case for profile in PROFILES for case in of_profile(profile)]
    write(path, document | {"cases": [*fixed, *matches, *whole]})
    path = VECTORS / "key_derivation.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    described = document["description"].replace("sauma/tokens/v0", DOMAIN)
    write(path, {"description": described, "cases": [derived(case) for case in document["cases"]]})


def again(case: Case) -> Case:
    if case["kind"] == "variants":
        return case | {"expect": variants_of(case["value"], case["variants"])}
    key = hkdf(bytes.fromhex(case["key"]), case["genesis"], "identity")
    return case | {"expect": mac(key, case["value"]).to_bytes(16, "big").hex()}


def match(name: str, fields: dict[str, str], family: Any) -> Case:
    columns = derive({meaning: from_arrow(pa.array([text], pa.string())) for meaning, text in fields.items()}, 1)
    record = {column: coded.values[coded.codes[0]] for column, coded in columns.items() if coded.present[0]}
    found = tokens(record, family, KEY, GENESIS)
    outcome: Case = {"fails": "no_token"} if found is None else {"expect": [str(token) for token in found]}
    return {"name": f"{name}: {family.name}", "kind": "match", "fields": fields, "family": family.name, **SECRET, **outcome}


def of_profile(profile: Any) -> list[Case]:
    families = [{"name": family.name, "components": list(family.components), "slots": family.slots} for family in layout(profile)]
    return [
        {"name": f"layout of the {profile} profile", "kind": "layout", "profile": profile, "expect": families},
        {
            "name": f"sentinels of the {profile} profile",
            "kind": "sentinels",
            "profile": profile,
            "expect": sentinels(KEY, GENESIS, profile, match=True),
            **SECRET,
        },
    ]


def derived(case: Case) -> Case:
    if "fails" in case:
        return case
    expect = hkdf(bytes.fromhex(case["key"]), case["genesis"], *case["parts"]).hex()
    return case | {"info": keys.information(DOMAIN, *case["parts"]).hex(), "expect": expect}


def write(path: Path, document: Case) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
