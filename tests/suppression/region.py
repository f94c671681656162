"""Synthetic persons with families, counted into tables with NumPy: what the engine does, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from privacy.protect.gate import protect_exact
from privacy.tabulate.cells import cell_space
from privacy.tabulate.counts import Atoms
from schemas.agreement import ReleaseClass
from schemas.batches import CountTable, ProtectedTable
from schemas.dimension import Dimension, Level
from schemas.register import Titles
from schemas.release import Relations
from schemas.request import FORMAT, Request, Table

KEY = b"k" * 32


@dataclass
class People:
    """One row a person: the finest code (position in the domain) of every variable, and the family."""

    codes: dict[str, np.ndarray]
    family: np.ndarray


def dimension(
    name: str, codes: Sequence[str], *, groups: dict[str, tuple[str, ...]] | None = None, total: bool = True, disclosive=(), value=""
) -> Dimension:
    levels = (Level(name=f"{name}_group", groups=groups),) if groups else ()
    return Dimension(
        name=name, title=Titles(fi=name), value=value or name, codes=tuple(codes), levels=levels, total=total, disclosive=tuple(disclosive)
    )


def table(name: str, dimensions: Sequence[Dimension], unit: str = "person") -> Table:
    return Table(id=name, title=Titles(fi=name), kind="EXACT", unit=unit, dimensions=tuple(dimensions))


def request(tables: Sequence[Table], audience: str = "internal") -> Request:
    return Request(
        format=FORMAT, title=Titles(fi="r"), purpose="p", decision="d", audience=audience, base="population", table=tuple(tables)
    )


def rules(audience: str = "internal", persons: int = 5, families: int = 3, zeros: str = "published") -> ReleaseClass:
    return ReleaseClass(audience=audience, kinds=("EXACT",), minimum_persons=persons, minimum_families=families, zeros=zeros)


def finest(people: People, of: Table) -> np.ndarray:
    """The finest cell of every person, by the dimensions' expressions (each names a variable)."""
    codes = [people.codes[dim.rule] for dim in of.dimensions]
    return np.ravel_multi_index(codes, [len(dim.domain) for dim in of.dimensions]) if len(people.family) else np.zeros(0, dtype=np.int64)


def count(people: People, of: Table) -> CountTable:
    space = cell_space(of)
    own = finest(people, of)
    counts = np.bincount(own, minlength=space.finest_size).astype(np.int64)
    families = np.zeros(space.size, dtype=np.int64)
    matrix = space.membership
    for cell in range(space.size):
        inside = np.isin(own, matrix.indices[matrix.indptr[cell] : matrix.indptr[cell + 1]])
        families[cell] = len(np.unique(people.family[inside]))
    return CountTable(of, "0" * 64, space.sums(counts), families)


def atoms(people: People, tables: Sequence[Table]) -> Atoms:
    columns = np.stack([finest(people, of) for of in tables], axis=1)
    cells, units = np.unique(columns, axis=0, return_counts=True)
    return Atoms(cells.astype(np.int32), units.astype(np.int64))


def protect(people: People, asked: Request, *, published=(), classes=None, key: bytes = KEY):
    """The gate over *people*: the tables of *asked*, beside the relations *published*."""
    before = [next(of for of in each.request.table if of.id == each.table_id) for each in published]
    tables = [*asked.table, *before]
    return protect_exact(
        [count(people, of) for of in asked.table], published, atoms(people, tables), [count(people, of).families for of in before],
        classes or {asked.audience: rules(asked.audience)}, key, request=asked,
    )  # fmt: skip


def told(protected: ProtectedTable, asked: Request) -> Relations:
    return Relations(
        format="sauma/relations/v0", audience=asked.audience, vintage="0" * 64, base=asked.base, kind="EXACT", plan="0" * 64,
        request_digest=asked.digest, table_id=protected.table.id, request=asked, cells=protected.cells, salt="0" * 32,
    )  # fmt: skip


def municipalities(persons: int, seed: int, *, places: int = 10, bands: int = 8) -> People:
    """Families of one to five in places of very unequal size; ages in bands, two sexes, a rare attribute."""
    random = np.random.default_rng(seed)
    shares = 1 / np.arange(1, places + 1) ** 1.3
    family = np.repeat(np.arange(persons), random.choice([1, 2, 3, 4, 5], persons, p=[0.4, 0.3, 0.12, 0.13, 0.05]))[:persons]
    place = random.choice(places, persons, p=shares / shares.sum())[family]
    age = random.choice(bands, persons)
    return People(
        {
            "place": place,
            "age": age,
            "sex": random.integers(0, 2, persons),
            "trait": random.choice(4, persons, p=[0.9, 0.07, 0.02, 0.01]),
        },
        family,
    )


def hidden_shares(protected: ProtectedTable, counted: CountTable) -> tuple[float, float]:
    """Share of non-zero cells hidden, and share of non-zero inner cells shown."""
    space = cell_space(counted.table)
    seen = np.array([cell.value is not None for cell in protected.cells])
    there = counted.units > 0
    inner = (space.grouping == 0) & there
    return float((~seen & there).sum() / there.sum()), float((seen & inner).sum() / max(inner.sum(), 1))
