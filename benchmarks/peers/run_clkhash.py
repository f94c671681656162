"""Runs in the environment of clkhash: a CSV file becomes its upload file, in one process; prints what it took.

python run_clkhash.py ROWS.csv SCHEMA.json SECRET OUT.json
"""

import csv
import json
import sys
import time

from clkhash import clk, schema
from clkhash.serialization import serialize_bitarray

source, linkage_schema, secret, target = sys.argv[1:]
with open(linkage_schema, encoding="utf-8") as opened:
    agreed = schema.from_json_file(opened)
begin = time.perf_counter()
with open(source, encoding="utf-8", newline="") as opened:
    reader = csv.reader(opened)
    next(reader)
    rows = list(reader)
read, begun = time.perf_counter(), time.process_time()
made = clk.generate_clks(rows, agreed, secret, max_workers=1)  # 1: no processes of its own
encoded, done = time.perf_counter(), time.process_time()
with open(target, "w", encoding="utf-8") as opened:
    json.dump({"clks": [serialize_bitarray(each) for each in made]}, opened)
end = time.perf_counter()
print(json.dumps({"seconds": end - begin, "encode_s": encoded - read, "encode_cpu_s": done - begun}))
