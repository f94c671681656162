"""Times openlinktoken in its own environment: ``PYTHON run_openlinktoken.py ROWS.csv COUNT...``, one JSON document.

Five HMAC tokens a record (T1 to T5), as its own command makes them: SHA-256 of the signature, then HMAC-SHA-256.  Reading the rows and
making the generator are not timed.
"""

import csv
import json
import sys
import time

from openlinktoken.tokens.token_definition import TokenDefinition
from openlinktoken.tokens.token_generator import TokenGenerator
from openlinktoken.tokentransformer.hash_token_transformer import HashTokenTransformer


def main() -> None:
    path, *counts = sys.argv[1:]
    with open(path, encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    fields = {
        "FirstName": "given",
        "LastName": "surname",
        "BirthDate": "born",
        "Sex": "sex",
        "PostalCode": "zip",
        "SocialSecurityNumber": "ssn",
    }
    people = [{field: row[name] for field, name in fields.items()} for row in rows]
    generator = TokenGenerator.from_transformers(TokenDefinition(), [HashTokenTransformer("a secret for benchmarks")])
    make = generator.get_all_tokens_via_field_id
    make(people[0])
    runs = []
    for count in map(int, counts):
        wall, cpu, tokens, blank = time.perf_counter(), time.process_time(), 0, 0
        for person in people[:count]:
            result = make(person)
            tokens += len(result.tokens)
            blank += len(result.blank_tokens_by_rule)
        took = {"seconds": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        runs.append({"rows": count, "tokens": tokens, "blank": blank, **took})
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
