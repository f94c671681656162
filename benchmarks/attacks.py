"""How many people attackers find in what leaves: standard tokens beside CLKs (Bloom filters), with lists of 5 % and of all.

    .venv/bin/python benchmarks/attacks.py [--json] [--persons 20000] [--matched 1000] [--seeds 7 8 9]

The package is the population register of the synthetic region, and once two registers (population and library) in one.  The
attacker has no key; its list is some of the same people with errors (``privacy/attacks/auxiliary.py``), or all without any.
``signatures``: 1-Weisfeiler-Lehman signatures and what follows from them, on all persons.  ``graph_matching``: one and the same
program on tokens and on CLKs of the same ``--matched`` persons, drawn at random, in random order; it is quadratic.  ``share`` is of
the people on the list.  CLKs are clkhash's, schema version 3, 1,024 bits: names, birth date, street and postcode in bigrams.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa

from privacy.attacks import similarity
from privacy.attacks.auxiliary import overlap, with_errors
from privacy.attacks.exposed import exposed, people_of, rewritten, taken
from privacy.attacks.frequency import frequency_matches
from privacy.attacks.graph import shared_tokens
from privacy.attacks.groups import groups
from privacy.attacks.signatures import Claims, extended, unique_matches
from privacy.pseudonymise.admission import Local
from privacy.pseudonymise.clk.encoding import encode
from privacy.pseudonymise.people import People
from privacy.pseudonymise.tokens import layout, match_tokens
from sauma.demo.region import generate
from sauma.demo.tables import AS_OF
from schemas.agreement import Agreement, load
from schemas.batches import RawBatch
from schemas.linkage_versions import load as load_schema
from schemas.register import Register

LISTS = (("5_per_cent", 0.05, True), ("50_per_cent", 0.5, True), ("100_per_cent", 1.0, True), ("100_per_cent_without_errors", 1.0, False))
REGISTERS = ("population", "library_sports")
FAMILIES = ("population", "early_education")
GUARDS = (20, 2, 1)
BIGRAMS = {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 10}, "hash": {"type": "blakeHash"}}
FEATURES = ("given_names", "surname", "birth_date", "postcode", "street")
CLK = {
    "version": 3,
    "clkConfig": {"l": 1024, "kdf": {"type": "HKDF"}},
    "features": [{"identifier": name, "format": {"type": "string"}, "hashing": BIGRAMS} for name in FEATURES],
}


def agreement(*, kept: bool) -> Agreement:
    """The demonstration's agreement, its public keys filled with anything."""
    document = tomllib.loads(resources.files("sauma.demo").joinpath("agreement.toml").read_text(encoding="utf-8"))
    document["linkage"]["near_equal_tokens"] = "kept" if kept else "dropped"
    for party in document["party"]:
        party["public_key"] = "none"
    return load(document, place="agreement.toml")


def read(persons: int, seed: int, agreed: Agreement) -> dict[str, tuple[People, Register, np.ndarray]]:
    """The people of each register as its package would hold them, and each one's language group (a register does not tell it)."""
    region = generate(persons, seed)
    found = {}
    for extract in region.extracts:
        if extract.register in {*REGISTERS, *FAMILIES}:
            register = agreed.register_of(extract.register)
            columns = {name: pa.array(values.astype(object), pa.string()) for name, values in extract.columns.items()}
            raw = RawBatch(register, pa.table(columns), pa.array(np.arange(1, len(extract.person) + 1)))
            people, _ = people_of(raw, agreed, Local(AS_OF, {}, frozenset()), os.urandom)
            found[register.id] = people, register, extract.person
    return found


def clks(people: People, secret: bytes) -> similarity.Encoded:
    """The CLKs of *people* under *secret*."""
    fields = {**people.fields, "birth_date": people.birth_dates()}
    columns = {name: fields[name].to_arrow() for name in FEATURES}
    packed = encode(columns, load_schema(json.dumps(CLK).encode(), place="clk"), secret)
    return similarity.of_bits(np.unpackbits(packed, axis=1).astype(np.bool_))


def listed(people: People, who: np.ndarray, rng: np.random.Generator, *, errors: bool) -> People:
    """The attacker's list: *who* of *people*."""
    return rewritten(taken(people, who), (lambda fields: with_errors(fields, rng)) if errors else dict)


def signatures(people: People, register: Register, agreed: Agreement, rng: np.random.Generator) -> dict[str, Any]:
    """1-WL signatures and their extension, and token frequencies, on all persons of a register."""
    package = exposed(people, register, agreed, os.urandom).families
    theirs, result = shared_tokens(package), {}
    for name, share, errors in LISTS:
        who = overlap(people.count, share, rng)
        mine = exposed(listed(people, who, rng, errors=errors), register, agreed, os.urandom).families
        graph = shared_tokens(mine)
        claims = extended(unique_matches(graph, theirs), graph, theirs)
        result[name] = {**judged(claims, who), "by_group": by_group(claims, who, people, register)}
        result[name]["frequencies"] = judged(frequency_matches(mine, package), who)
    return {"persons": people.count, "edges": len(theirs.source) // 2, "alone": part(theirs.degree == 0), "lists": result}


def relations(people: People, register: Register, agreed: Agreement, rng: np.random.Generator) -> dict[str, Any]:
    """The graph of relations and dwellings, without and with the months that leave."""
    package, result = exposed(people, register, agreed, os.urandom), {}
    for name, share, errors in LISTS:
        who = overlap(people.count, share, rng)
        mine = exposed(listed(people, who, rng, errors=errors), register, agreed, os.urandom)
        one, other, own = mine.relations, package.relations, (mine.months, package.months)
        result[name] = {
            "without_months": judged(extended(unique_matches(one, other), one, other), who),
            "with_months": judged(extended(unique_matches(one, other, own=own), one, other), who),
        }
    return {"persons": people.count, **result}


def guards(people: People, agreed: Agreement, rng: np.random.Generator) -> dict[str, Any]:
    """The signatures' success where a token that more than so many records hold is replaced by random bits in all families."""
    profile = agreed.linkage.token_profile
    columns = [people.derived(), listed(people, np.arange(people.count), rng, errors=True).derived(), people.derived()]
    result = {}
    for limit in GUARDS:
        package, *lists = (shared_tokens(slots(each, profile, limit)) for each in columns)
        claims = [extended(unique_matches(graph, package), graph, package) for graph in lists]
        shares = [part(each.record == np.arange(people.count)) for each in claims]
        result[str(limit)] = {"edges": len(package.source) // 2, "100_per_cent": shares[0], "100_per_cent_without_errors": shares[1]}
    return result


def slots(columns: dict[str, Any], profile: Any, limit: int) -> dict[str, np.ndarray]:
    """Match tokens by family under a key that nobody keeps."""
    made = match_tokens(columns, key=os.urandom(32), genesis=os.urandom(32).hex(), profile=profile, entropy=os.urandom, max_holders=limit)
    return {family.name: np.stack([made[name] for name in family.columns], axis=1) for family in layout(profile)}


def graph_matching(people: People, register: Register, agreed: Agreement, rng: np.random.Generator, count: int) -> dict[str, Any]:
    """One attack on two encodings of the same people."""
    some = taken(people, rng.permutation(people.count)[:count])
    slots = sum(tokens.shape[1] for tokens in exposed(some, register, agreed, os.urandom).families.values())

    def tokens(each: People) -> similarity.Encoded:
        return similarity.of_tokens(shared_tokens(exposed(each, register, agreed, os.urandom).families), slots)

    ways = {"tokens": tokens, "clk": lambda each: clks(each, os.urandom(32))}
    package = {name: way(some) for name, way in ways.items()}
    result: dict[str, Any] = {"persons": some.count}
    for name, share, errors in LISTS:
        who = rng.permutation(some.count)[: max(1, round(some.count * share))]
        mine = listed(some, who, rng, errors=errors)
        again = listed(mine, np.arange(mine.count), rng, errors=errors)
        result[name] = {}
        for kind, way in ways.items():
            started = time.process_time()
            claims = similarity.matched(way(mine), way(again), package[kind], rng)
            result[name][kind] = {**judged(claims, who), "processor_seconds": round(time.process_time() - started, 1)}
    return result


def two_registers(found: dict[str, tuple[People, Register, np.ndarray]], agreed: Agreement, rng: np.random.Generator) -> dict[str, Any]:
    """The linker holds two registers and joins their tokens: the graph of both, against lists of the first register's people."""
    (people, register, _), (others, second, _) = (found[name] for name in REGISTERS)
    ours = os.urandom(64)
    both = [exposed(each, kind, agreed, os.urandom, key=ours).families for each, kind in ((people, register), (others, second))]
    theirs = shared_tokens({name: np.concatenate([side[name] for side in both]) for name in both[0]})
    result = {}
    for name, share, errors in LISTS:
        who = [overlap(each.count, share, rng) for each in (people, others)]
        key = os.urandom(64)
        mine = [
            exposed(listed(each, some, rng, errors=errors), kind, agreed, os.urandom, key=key).families
            for (each, kind), some in zip(((people, register), (others, second)), who, strict=True)
        ]
        graph = shared_tokens({family: np.concatenate([side[family] for side in mine]) for family in mine[0]})
        claims = extended(unique_matches(graph, theirs), graph, theirs)
        result[name] = judged(claims, np.concatenate([who[0], who[1] + people.count]))
    return {"records": people.count + others.count, "edges": len(theirs.source) // 2, "lists": result}


def judged(claims: Claims, who: np.ndarray) -> dict[str, Any]:
    right = claims.record == who
    return {"on_list": len(who), "right": int(right.sum()), "wrong": int((claims.made & ~right).sum()), "share": part(right)}


def by_group(claims: Claims, who: np.ndarray, people: People, register: Register) -> dict[str, dict[str, Any]]:
    right = claims.record == who
    return {
        name: {label: {"on_list": int(members[who].sum()), "share": part(right[members[who]])} for label, members in division.items()}
        for name, division in groups(people, register).items()
    }


def part(flags: np.ndarray) -> float:
    return round(float(flags.mean()), 4) if len(flags) else 0.0


def run(persons: int, matched: int, seeds: list[int], *, kept: bool) -> dict[str, Any]:
    agreed = agreement(kept=kept)
    runs = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        found = read(persons, seed, agreed)
        people, register, _ = found["population"]
        runs.append({
            "seed": seed,
            "signatures": signatures(people, register, agreed, rng),
            "two_registers": two_registers(found, agreed, rng),
            "relations": {name: relations(*found[name][:2], agreed, rng) for name in FAMILIES},
            "guards": guards(people, agreed, rng),
            "graph_matching": graph_matching(people, register, agreed, rng, matched),
        })  # fmt: skip
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, NumPy {np.__version__}",
        "profile": agreed.linkage.token_profile,
        "near_equal_tokens": agreed.linkage.near_equal_tokens,
        "persons": persons,
        "seeds": seeds,
        **summed(runs),
        "runs": runs,
    }


def summed(runs: list[dict[str, Any]]) -> dict[str, float]:
    """The mean over seeds under plain keys."""
    found = {}
    for name, _, _ in LISTS:
        found[f"tokens_signatures_{name}"] = np.mean([each["signatures"]["lists"][name]["share"] for each in runs])
        found[f"tokens_frequencies_{name}"] = np.mean([each["signatures"]["lists"][name]["frequencies"]["share"] for each in runs])
        found[f"tokens_two_registers_{name}"] = np.mean([each["two_registers"]["lists"][name]["share"] for each in runs])
        for register in FAMILIES:
            for months in ("without_months", "with_months"):
                shares = [each["relations"][register][name][months]["share"] for each in runs]
                found[f"{register}_relations_{months}_{name}"] = np.mean(shares)
        for kind in ("tokens", "clk"):
            found[f"{kind}_graph_matching_{name}"] = np.mean([each["graph_matching"][name][kind]["share"] for each in runs])
    for limit in map(str, GUARDS):
        for name in ("100_per_cent", "100_per_cent_without_errors"):
            found[f"tokens_signatures_{name}_holders_max_{limit}"] = np.mean([each["guards"][limit][name] for each in runs])
    return {name: round(float(value), 4) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Attacks on tokens and on CLKs.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--matched", type=int, default=1_000, help="persons in the quadratic attack")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--kept", action="store_true", help='as if the agreement had near_equal_tokens = "kept"')
    options = parser.parse_args()
    result = run(options.persons, options.matched, options.seeds, kept=options.kept)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['persons']} persons, seeds {result['seeds']}: share of the list that is found")
    for name, value in result.items():
        if isinstance(value, float):
            print(f"  {name}: {value:.4f}")


if __name__ == "__main__":
    main()
