"""``python tests/fuzz --count 1000000 [--json] [--processes 1] [--seed 0] [--only TARGET ...] [--keep FOLDER]``.

Prints how many inputs each entry point got, what it said to them, and what escaped that is not ours; exit status 1 if
anything did.  The inputs on which something escaped are made short and kept in FOLDER.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # 'tests' itself is a package of somebody else's, installed with diffprivlib
run = importlib.import_module("fuzz.run")
TARGETS = importlib.import_module("fuzz.targets").TARGETS


def main() -> int:
    """Run, print, and say whether nothing foreign escaped."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], choices=sorted(TARGETS))
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    began = time.perf_counter()
    tallies = run.counted(given.count, processes=given.processes, seed=given.seed, only=tuple(given.only))
    found = [(name, kind, data) for name, tally in tallies.items() for kind, data in tally.foreign.items()]
    files = {
        (name, kind): str(run.kept(given.keep, name, data if "process died" in kind else run.minimised(name, data, kind)))
        for name, kind, data in found
    }
    document = {
        "fuzz_inputs": sum(tally.inputs for tally in tallies.values()),
        "fuzz_foreign_errors": len(found),
        "seconds": round(time.perf_counter() - began),
        "seed": given.seed,
        "targets": {
            name: {
                "inputs": tally.inputs,
                "taken": tally.taken,
                "refused": dict(sorted(tally.refused.items())),
                "slowest_seconds": round(tally.slowest, 2),
                "foreign": {kind: files[name, kind] for kind in tally.foreign},
            }
            for name, tally in tallies.items()
        },
    }
    if given.json:
        print(json.dumps(document, indent=1))
    else:
        for name, tally in tallies.items():
            print(f"{name:20} {tally.inputs:8} inputs {tally.taken:7} taken {sum(tally.refused.values()):8} refused {tally.slowest:6.2f} s")
            for kind in tally.foreign:
                print(f"    FOREIGN {kind}: {files[name, kind]}")
        print(f"{document['fuzz_inputs']} inputs, {len(found)} foreign errors, {document['seconds']} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
