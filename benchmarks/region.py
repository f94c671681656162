"""How long the synthetic region takes: every person, every register's file and the truth, written to a folder.

    .venv/bin/python benchmarks/region.py [--json] [--persons 500000] [--folder DIR]

Prints the persons, the seconds from the first person to the last file, and the peak memory of the process in MiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

SEED = 7


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the synthetic region.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--persons", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="keep the files in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        document = measured(arguments.persons, arguments.folder or Path(scratch))
    if arguments.json:
        print(json.dumps(document, indent=1))
    else:
        print(f"{document['persons']} persons, {document['rows']} rows, {document['mib']} MiB of extracts:", end=" ")
        print(f"{document['seconds']} s, peak {document['peak_mib']} MiB")
    return 0


def measured(persons: int, folder: Path) -> dict[str, int | float]:
    """Generate and write a region, and say what it took."""
    from sauma.demo import writing
    from sauma.demo.region import generate

    begin = time.perf_counter()
    region = generate(persons, SEED)
    writing.write_extracts(region, folder / "stewards")
    writing.write_truth(region, folder / "truth")
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return {
        "persons": len(region.people),
        "registers": len(region.extracts),
        "rows": sum(len(extract.person) for extract in region.extracts),
        "mib": round(sum(path.stat().st_size for path in folder.glob("stewards/*/extracts/*.csv")) / 1024**2),
        "seconds": round(seconds, 1),
        "peak_mib": round(peak),
    }


if __name__ == "__main__":
    sys.exit(main())
