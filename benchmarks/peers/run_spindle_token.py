"""Times spindle-token in its own environment: ``PYTHON run_spindle_token.py ROWS.csv [three:COUNT | ten:COUNT]...``, one JSON document.

Tokens 1 to 3 of OPPRL v2 (names, sex and birth date, by spelling, Soundex and Metaphone), and then all ten that need no e-mail address and
no health plan; Spark with one worker.  Starting Spark, reading the rows and
a first run that warms Spark up are not timed; CPU seconds are those of Spark, of its Python worker and of this process.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ["PYSPARK_PYTHON"] = sys.executable
warnings.simplefilter("ignore")

from pyspark.sql import SparkSession  # noqa: E402
from spindle_token import generate_pem_keys, tokenize  # noqa: E402
from spindle_token.opprl import OpprlV2  # noqa: E402

TOKENS = [getattr(OpprlV2, f"token{number}") for number in range(1, 11)]
SETS = {"three": TOKENS[:3], "ten": TOKENS}
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
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    private, _ = generate_pem_keys()
    rows = spark.read.csv(path, header=True)
    runs = []
    for chosen, _, asked in [("", "", "2000"), *(each.partition(":") for each in counts)]:
        count = int(asked)
        tokens = SETS[chosen or "ten"]
        people = rows.limit(count).repartition(1).cache()
        there = people.count()
        wall, cpu = time.perf_counter(), cpu_seconds()
        tokenize(people, COLUMNS, tokens, private).write.format("noop").mode("overwrite").save()
        took = {"seconds": time.perf_counter() - wall, "cpu_s": cpu_seconds() - cpu}
        if chosen:
            runs.append({"set": chosen, "rows": there, "tokens": there * len(tokens), **took})
        people.unpersist()
    made = tokenize(rows.limit(1_000), COLUMNS, TOKENS, private).collect()
    blank = sum(row[token.name] is None for row in made for token in TOKENS)
    runs[-1]["blank_share"] = blank / (len(made) * len(TOKENS))
    spark.stop()
    print(json.dumps(runs))


def cpu_seconds() -> float:
    """CPU seconds of this process and all below it, those that have ended included."""
    above, used = {}, {}
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        number = int(process.parent.name)
        above[number], used[number] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    ours, total = {os.getpid()}, 0.0
    for process in sorted(above):
        if process in ours or above[process] in ours:
            ours.add(process)
            total += used[process]
    return total


if __name__ == "__main__":
    main()
