"""Linking a synthetic region: time, memory, and how right it is, over all pairs and over the residue.

    .venv/bin/python benchmarks/link_region.py [--json] [--persons 100000] [--seed 7]

*Residue*: pairs in which either record carries no usable personal identity code.  ``seconds`` and ``peak_mib`` are those
of the whole linkage (exact, candidates, EM, resolution, families, hold-out) in a process of its own that starts from the
registers' identity tables on disk; pseudonymising is timed apart.  The residue is printed by pair of registers, by language
group and for births on 1 January.  In the same run ``recordlinkage`` links youth work with
the population in plain text (``recordlinkage``: its own figures, and ``ours`` for the same pairs of registers); Splink is
not among the development dependencies and is not run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import recordlinkage
from pyarrow import ipc

from linkage import measures
from linkage.inputs import RegisterInput
from linkage.link import link
from privacy.pseudonymise import hetu, tokens
from privacy.pseudonymise.addresses import postcode
from privacy.pseudonymise.columns import iso_date
from privacy.pseudonymise.normalise import fold, given_names, surnames
from privacy.pseudonymise.pipeline import Local, Secrets, pseudonymise
from sauma.demo.extract import Extract
from sauma.demo.region import Region, generate
from sauma.demo.tables import AS_OF
from sauma.engine.duckdb import DuckDbEngine
from sauma.project import RegisterFiles
from sauma.readers import read_extract, read_history, read_opt_out
from schemas.agreement import Agreement, load
from schemas.register import Meaning, Register

MIB = 1024 * 1024
PLAIN_TEXT = ("population", "youth_work")
FIELDS: tuple[Meaning, ...] = ("given_names", "surname", "birth_date", "postcode")


def agreement() -> Agreement:
    """The demonstration's agreement, its public keys filled with anything."""
    text = resources.files("sauma.demo").joinpath("agreement.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    for party in document["party"]:
        party["public_key"] = "none"
    return load(document, place="agreement.toml")


def tokenised(extract: Extract, agreed: Agreement, secrets: Secrets, folder: Path) -> dict[str, Any]:
    """Pseudonymise one register; its identity table goes to disk, its truth comes back by record id."""
    register = agreed.register_of(extract.register)
    path = folder / f"{register.id}.csv"
    path.write_bytes(extract.file())
    raw = read_extract(path, register, RegisterFiles(extract=path.name, encoding=extract.encoding, delimiter=extract.delimiter))
    for name, text in extract.beside.items():
        (folder / f"{register.id}.{name}").write_text(text, encoding="utf-8")
    history, out = (folder / f"{register.id}.{name}.csv" for name in ("history", "opt_out"))
    local = Local(AS_OF, read_history(history) if history.exists() else {}, read_opt_out(out) if out.exists() else frozenset())
    started = time.perf_counter()
    outcome = pseudonymise(raw, agreed, secrets, local, row_map=True)
    table = outcome.batch.identity.read_all()
    seconds = time.perf_counter() - started
    with ipc.new_file(folder / f"{register.id}.arrow", table.schema) as writer:
        writer.write_table(table)
    return {"register": register.id, "seconds": seconds, **truth(extract, register, outcome.row_map)}


def truth(extract: Extract, register: Register, row_map: pa.Table) -> dict[str, Any]:
    """``person`` and ``coded`` of each record, in the order of ``record``."""
    field = register.by_meaning("hetu")
    written = extract.columns[field.name] if field else np.full(len(extract.person), "", dtype=object)
    texts, place = np.unique(written.astype(str), return_inverse=True)
    usable = np.array([isinstance(hetu.parse(text, today=AS_OF), hetu.Hetu) for text in texts.tolist()])[place]
    kept = row_map["row"].to_numpy() - 1
    ids = np.frombuffer(b"".join(row_map["record_id"].to_pylist()), dtype="V16")
    records, first, which = np.unique(ids, return_index=True, return_inverse=True)
    coded = np.bincount(which, weights=usable[kept]) > 0
    return {"record": records, "person": extract.person[kept][first], "coded": coded}


def linked(folder: Path, agreed: Agreement, out: Any) -> None:
    """In a process of its own: link the tables in *folder*; labels, seconds and peak memory go to *out*."""
    layout = tokens.layout(agreed.linkage.token_profile)
    inputs = []
    for register in agreed.register:
        table = ipc.open_file(pa.memory_map(str(folder / f"{register.id}.arrow"))).read_all()
        inputs.append(
            RegisterInput(register, table.to_reader(), layout if register.match_tokens else (), drops=agreed.drops_near_equal(register))
        )
    started = time.perf_counter()
    result = link(DuckDbEngine(), inputs, agreed, os.urandom)
    seconds = time.perf_counter() - started
    _, study = np.unique(np.array(result.links["study_id"].to_pylist(), dtype="V16"), return_inverse=True)
    names = result.links["register"].to_pylist()
    records = np.array(result.links["record_id"].to_pylist(), dtype="V16")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
    out.put({"names": names, "record": records, "study": study, "seconds": seconds, "peak_mib": peak, "facts": dict(result.facts)})


def measured(found: Mapping[str, Any], registers: list[dict[str, Any]], groups: Mapping[str, Any]) -> dict[str, Any]:
    """Precision and recall over all pairs, over the residue, over that of each pair of registers and of each group of persons.

    *groups*: by name, whether each person of the region is in it.
    """
    names = np.array(found["names"])
    person, coded = np.full(len(names), -1), np.zeros(len(names), dtype=bool)
    for each in registers:
        mine = np.flatnonzero(names == each["register"])
        place = np.searchsorted(each["record"], found["record"][mine])
        person[mine], coded[mine] = each["person"][place], each["coded"][place]
    study = found["study"].astype(np.int64)
    every, known = measures.within(study, person), measures.within(study[coded], person[coded])
    residue = every.minus(known)
    result = rates("", every) | rates("residue_", residue) | {"pairs": every.true, "residue_pairs": residue.true, "by_registers": {}}
    ids = [each["register"] for each in registers]
    for at, one in enumerate(ids):
        for other in ids[at:]:
            pairs = residue_between(study, person, coded, names == one, names == other)
            if pairs.true or pairs.linked:
                result["by_registers"][f"{one} {other}"] = rates("", pairs) | {"pairs": pairs.true}
    result["by_groups"] = {name: of_group(study, person, coded, mine[person]) for name, mine in groups.items()}
    return result


def of_group(study: Any, person: Any, coded: Any, mine: Any) -> dict[str, Any]:
    """The residue of the records *mine*: their pairs with each other, and as false links those with anybody else."""
    inside = residue_between(study, person, coded, mine, mine)
    outside = residue_between(study, person, coded, mine, ~mine)
    pairs = measures.Pairs(inside.right, inside.linked + outside.linked, inside.true)
    return rates("", pairs) | {"pairs": pairs.true}


def groups_of(region: Region) -> dict[str, Any]:
    """Whether each person is of a language group, or born on a 1 January, which often stands for an unknown day."""
    people = region.people
    born = people.born.astype("datetime64[D]")
    groups = {f"language {name}": people.culture == name for name in np.unique(people.culture).tolist()}
    return groups | {"born on 1 January": (born - born.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) == 0}


def residue_between(study: Any, person: Any, coded: Any, first: Any, second: Any) -> measures.Pairs:
    """The residue's pairs of one register, or of two."""
    if (first == second).all():
        return measures.within(study[first], person[first]).minus(measures.within(study[first & coded], person[first & coded]))
    return measures.between(study, person, first, second).minus(measures.between(study, person, first & coded, second & coded))


def in_plain_text(region: Region, agreed: Agreement) -> dict[str, Any]:
    """recordlinkage on the normalised names, birth dates and postcodes of the population and of youth work.

    Candidates share the birth date, or surname and postcode; names are alike from a Jaro-Winkler similarity of 0.85 on;
    the classifier is its unsupervised ECM.
    """
    extracts = {extract.register: extract for extract in region.extracts}
    frames = [plain(extracts[name], agreed.register_of(name)) for name in PLAIN_TEXT]
    started = time.perf_counter()
    index = recordlinkage.Index()
    index.block("birth_date")
    index.block(["surname", "postcode"])
    compare = recordlinkage.Compare()
    for name in ("given_names", "surname"):
        compare.string(name, name, method="jarowinkler", threshold=0.85, label=name)
    for name in ("birth_date", "postcode"):
        compare.exact(name, name, label=name)
    features = compare.compute(index.index(*frames), *frames)
    found = recordlinkage.ECMClassifier().fit_predict(features)
    rest = features.index.difference(found)
    if features.loc[rest].to_numpy().mean() > features.loc[found].to_numpy().mean():  # its classes carry no names: matches agree more
        found = rest
    person = [frame["person"].to_numpy() for frame in frames]
    right = int((person[0][found.get_level_values(0)] == person[1][found.get_level_values(1)]).sum())
    true = int(np.isin(person[1], person[0]).sum())
    pairs = measures.Pairs(right, len(found), true)
    return rates("", pairs) | {"pairs": true, "seconds": round(time.perf_counter() - started, 1)}


def plain(extract: Extract, register: Register) -> pd.DataFrame:
    """One row for each way in which a person is written down: first name, surname, birth date and postcode, normalised."""
    names = {meaning: field.name for meaning in FIELDS if (field := register.by_meaning(meaning))}
    frame = pd.DataFrame({meaning: extract.columns[name] for meaning, name in names.items()}).assign(person=extract.person)
    frame = frame.drop_duplicates().reset_index(drop=True)
    forms = {
        "given_names": lambda text: fold("".join(given_names(text)[:1])),
        "surname": lambda text: fold("".join(surnames(text))),
        "birth_date": iso_date,
        "postcode": postcode,
    }
    for meaning, form in forms.items():
        frame[meaning] = frame[meaning].map({text: form(text) or None for text in frame[meaning].unique()})
    return frame


def rates(prefix: str, pairs: measures.Pairs) -> dict[str, float | None]:
    shown = {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
    return {prefix + name: None if rate is None else round(rate, 4) for name, rate in shown.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Link a synthetic region and hold it to the truth.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="keep the identity tables in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = run(options.persons, options.seed, options.folder or Path(scratch))
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['persons']} persons, {result['records']} records: {result['seconds']} s, {result['peak_mib']} MiB")
    for part in ("", "residue_"):
        print(
            f"{part or 'all '}pairs: precision {result[part + 'precision']}, recall {result[part + 'recall']}, {result[part + 'pairs']} true"
        )
    other = result["recordlinkage"]
    print(
        f"recordlinkage, {other['registers']}: precision {other['precision']}, recall {other['recall']}, {other['seconds']} s; ours: {other['ours']}"
    )
    for name, each in result["by_registers"].items():
        print(f"  residue of {name}: precision {each['precision']}, recall {each['recall']}, {each['pairs']} true")
    for name, each in result["by_groups"].items():
        print(f"  residue, {name}: precision {each['precision']}, recall {each['recall']}, {each['pairs']} true")


def run(persons: int, seed: int, folder: Path) -> dict[str, Any]:
    agreed, secrets = agreement(), Secrets(os.urandom(32), "0" * 64, os.urandom)
    region = generate(persons, seed)
    registers = [tokenised(extract, agreed, secrets, folder) for extract in region.extracts]
    other, groups = in_plain_text(region, agreed), groups_of(region)
    del region
    out: Any = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(target=linked, args=(folder, agreed, out))
    process.start()
    found = out.get()
    process.join()
    result = measured(found, registers, groups)
    return {
        "persons": persons,
        "seed": seed,
        "records": len(found["names"]),
        "seconds": round(found["seconds"], 1),
        "peak_mib": round(found["peak_mib"]),
        "pseudonymise_seconds": round(sum(each["seconds"] for each in registers), 1),
        **result,
        "recordlinkage": {"registers": " ".join(PLAIN_TEXT), **other, "ours": result["by_registers"][" ".join(PLAIN_TEXT)]},
        "splink": "not installed",
        "facts": found["facts"],
    }


if __name__ == "__main__":
    main()
