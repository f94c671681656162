"""Runs in the environment of clkhash and anonlink: two CSV files with a column ``person`` are linked one-to-one at their best threshold.

python run_anonlink.py FIRST.csv SECOND.csv
"""

import csv
import json
import sys

import anonlink
from clkhash import clk
from clkhash.comparators import NgramComparison
from clkhash.field_formats import BitsPerFeatureStrategy, FieldHashingProperties, Ignore, StringSpec
from clkhash.schema import Schema

SECRET = "a secret of the benchmark"
NUMBERS = {"date_of_birth", "postcode", "street_number", "soc_sec_id"}
THRESHOLDS = [step / 100 for step in range(70, 96)]


def hashing(name):
    """As in clkhash's FEBRL tutorial: bigrams of words, positional unigrams of numbers, 300 bits for names and birth date, else 200."""
    strong = name in {"given_name", "surname", "date_of_birth"}
    comparison = NgramComparison(1, positional=True) if name in NUMBERS else NgramComparison(2)
    return StringSpec(name, FieldHashingProperties(comparator=comparison, strategy=BitsPerFeatureStrategy(300 if strong else 200)))


def read(path):
    with open(path, encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))
    return rows[0], rows[1:]


header, first = read(sys.argv[1])
_, second = read(sys.argv[2])
linkage = Schema([hashing(name) for name in header[:-1]] + [Ignore("person")], 1024)
filters = [clk.generate_clks(rows, linkage, SECRET, max_workers=1) for rows in (first, second)]
persons = [[row[-1] for row in rows] for rows in (first, second)]
scores, _, indices = anonlink.candidate_generation.find_candidate_pairs(filters, anonlink.similarities.dice_coefficient, THRESHOLDS[0])
true = len(set(persons[0]) & set(persons[1]))
best = {"f1": -1.0}
ordered = list(zip(scores, indices[0], indices[1], strict=True))
for threshold in THRESHOLDS:
    taken, right, linked = (set(), set()), 0, 0
    for score, a, b in ordered:  # best first: the greedy solution
        if score < threshold:
            break
        if a not in taken[0] and b not in taken[1]:
            taken[0].add(a)
            taken[1].add(b)
            linked += 1
            right += persons[0][a] == persons[1][b]
    f1 = 2 * right / (linked + true)
    if f1 > best["f1"]:
        best = {"f1": round(f1, 4), "precision": round(right / max(linked, 1), 4), "recall": round(right / true, 4), "threshold": threshold}
print(json.dumps(best))
