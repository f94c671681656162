"""Runs in the environment of clkhash itself: one case a line of JSON in, its CLKs (or how clkhash refused it) a line out."""

import json
import sys

from clkhash import clk, schema
from clkhash.serialization import serialize_bitarray

for line in sys.stdin:
    case = json.loads(line)
    try:
        made = clk.generate_clks(case["rows"], schema.from_json_dict(case["schema"]), case["secret"], max_workers=1)
        answer = {"clks": [serialize_bitarray(one) for one in made]}
    except Exception as refused:
        answer = {"refused": type(refused).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
