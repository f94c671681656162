"""Times spindle-token in its own environment: ``PYTHON run_spindle_token.py ROWS.csv COUNT...``, one JSON document.

The ten OPPRL v2 tokens that need no e-mail address and no health plan, on Spark with one worker.  Starting Spark, reading the rows and
a first run that warms Spark up are not timed; CPU seconds are those of Spark, of its Python worker and of this process.
"""

import json
import os
import sys
import time
import warnings

os.environ["PYSPARK_PYTHON"] = sys.executable
warnings.simplefilter("ignore")

from pyspark.sql import SparkSession  # noqa: E402
from spindle_token import generate_pem_keys, tokenize  # noqa: E402
from spindle_token.opprl import OpprlV2  # noqa: E402

TOKENS = [getattr(OpprlV2, f"token{number}") for number in range(1, 11)]
COLUMNS = {
    OpprlV2.first_name: "given",
    OpprlV2.last_name: "surname",
    OpprlV2.gender: "sex",
    OpprlV2.birth_date: "born",
    OpprlV2.phone: "phone",
    OpprlV2.ssn: "ssn",
}
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    path, *counts = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    private, _ = generate_pem_keys()
    rows = spark.read.csv(path, header=True)
    runs = []
    for warming, count in [(True, 2_000), *((False, int(count)) for count in counts)]:
        chosen = rows.limit(count).repartition(1).cache()
        there = chosen.count()
        wall, cpu = time.perf_counter(), cpu_seconds()
        tokenize(chosen, COLUMNS, TOKENS, private).write.format("noop").mode("overwrite").save()
        took = {"seconds": time.perf_counter() - wall, "cpu_s": cpu_seconds() - cpu}
        if not warming:
            runs.append({"rows": there, "tokens": there * len(TOKENS), **took})
        chosen.unpersist()
    made = tokenize(rows.limit(1_000), COLUMNS, TOKENS, private).collect()
    runs[-1]["blank_share"] = sum(row[token.name] is None for row in made for token in TOKENS) / (len(made) * len(TOKENS))
    spark.stop()
    print(json.dumps(runs))


def cpu_seconds() -> float:
    """CPU seconds of this process and all below it, those that have ended included."""
    above, used = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as source:
                fields = source.read().rpartition(")")[2].split()
        except OSError:
            continue
        above[int(entry)], used[int(entry)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    ours, total = {os.getpid()}, 0.0
    for process in sorted(above):
        if process in ours or above[process] in ours:
            ours.add(process)
            total += used[process]
    return total


if __name__ == "__main__":
    main()
