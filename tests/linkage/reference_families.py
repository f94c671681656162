"""Families and privacy units in plain Python sets, slow and obvious: the reading of docs/protocol.md, rule by rule.

A population is a list of rows, each a dict as ``synthetic.identity_table`` takes it, one register after the other; every
row has a code of its own in ``id_a`` and nobody is in two rows of a register.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

Row = Mapping[str, str]
Register = Sequence[Row]
Families = dict[str, set[frozenset[str]]]
FOREVER = 999912
SLOTS = ("guardian_1", "guardian_2", "partner", "family_head", "family_partner")


def component(start: str, edges: set[tuple[str, str]]) -> frozenset[str]:
    """Whom *edges*, taken both ways, connect to *start*."""
    found, todo = {start}, [start]
    while todo:
        now = todo.pop()
        for a, b in edges:
            for one, other in ((a, b), (b, a)):
                if one == now and other not in found:
                    found.add(other)
                    todo.append(other)
    return frozenset(found)


def connected(edges: set[tuple[str, str]]) -> set[frozenset[str]]:
    return {component(person, edges) for edge in edges for person in edge}


class Population:
    """Everybody with a record, in the order in which linkage numbers them where a tie is to be broken (``rank``)."""

    def __init__(self, registers: Sequence[Register], rank: Mapping[str, int], strangers: Mapping[str, int]) -> None:
        self.registers, self.persons_rank, self.strangers_rank = registers, rank, strangers
        self.everybody = {row["id_a"] for rows in registers for row in rows}
        self.rank = {**strangers, **{code: place for code, place in rank.items() if code in self.everybody}}

    def only(self, unit: frozenset[str]) -> Population:
        """As if nobody else had a record."""
        kept = [[row for row in rows if row["id_a"] in unit] for rows in self.registers]
        return Population(kept, self.persons_rank, self.strangers_rank)

    def kin(self) -> set[frozenset[str]]:
        """Whom declared relations connect, also through somebody without a record; everybody is in one."""
        edges = {(row["id_a"], row[slot]) for row in itertools.chain(*self.registers) for slot in SLOTS if row.get(slot)}
        return {component(person, edges) & self.everybody for person in self.everybody}

    def known(self, code: str) -> str:
        """*code* if it tells anybody apart: a person with a record, or one whom two persons or more name; else nothing."""
        if code in self.everybody:
            return code
        naming = {row["id_a"] for rows in self.registers for row in rows for slot in SLOTS if row.get(slot) == code}
        return code if code and len(naming) >= 2 else ""

    def homes(self) -> dict[str, tuple[int, str]]:
        found: dict[str, tuple[int, str]] = {}
        for number, rows in enumerate(self.registers):
            for row in rows:
                shared = sum(other.get("dwelling") == row.get("dwelling") for other in rows) >= 2
                if row.get("dwelling") and shared:
                    found.setdefault(row["id_a"], (number, row["dwelling"]))
        return found

    def at_home(self, *slots: str) -> set[tuple[str, str]]:
        """(person, relative) declared in the register of their common home."""
        homes = self.homes()
        return {
            (row["id_a"], row[slot])
            for number, rows in enumerate(self.registers)
            for row in rows
            for slot in slots
            if row.get(slot) in self.everybody
            and row[slot] != row["id_a"]
            and row["id_a"] in homes
            and homes[row["id_a"]] == homes.get(row[slot])
            and homes[row["id_a"]][0] == number
        }

    def dwelling(self) -> set[frozenset[str]]:
        guardians, partners = self.at_home("guardian_1", "guardian_2"), self.at_home("partner")
        heads = {guardian for _, guardian in guardians} | {person for pair in partners for person in pair}
        return connected({(child, guardian) for child, guardian in guardians if child not in heads} | partners)

    def guardianship_dwelling(self) -> set[frozenset[str]]:
        return connected(self.at_home("guardian_1", "guardian_2"))

    def guardianship(self) -> set[frozenset[str]]:
        sets: dict[str, frozenset[str]] = {}
        for rows in self.registers:
            for row in rows:
                named = {self.known(row.get(slot, "")) for slot in ("guardian_1", "guardian_2")} - {"", row["id_a"]}
                if named:
                    sets.setdefault(row["id_a"], frozenset(named))
        return {
            frozenset(child for child, guardians in sets.items() if guardians == mine) | (mine & self.everybody)
            for mine in set(sets.values())
        }

    def heads(self) -> dict[str, tuple[str, Row]]:
        """Each child's head, and the record that names it."""
        found: dict[str, tuple[tuple[int, ...], str, Row]] = {}
        for number, rows in enumerate(self.registers):
            for row in rows:
                head = self.known(row.get("family_head", ""))
                if not head or head == row["id_a"]:
                    continue
                stranger = head not in self.everybody
                place = (-int(row.get("family_from") or 0), int(stranger), self.rank[head], number)
                if row["id_a"] not in found or place < found[row["id_a"]][0]:
                    found[row["id_a"]] = (place, head, row)
        return {child: (head, row) for child, (_, head, row) in found.items()}

    def service(self) -> set[frozenset[str]]:
        heads = self.heads()
        found = set()
        for head in {head for head, _ in heads.values()}:
            children = {child: row for child, (mine, row) in heads.items() if mine == head}
            partners = [
                (-int(row.get("family_from") or 0), self.rank[row["family_partner"]], row["family_partner"])
                for child, row in children.items()
                if row.get("family_partner") in self.everybody - {head, child}
            ]
            found.add(frozenset(children) | ({head} & self.everybody) | {partner for *_, partner in sorted(partners)[:1]})
        return found

    def torn(self) -> int:
        """Children under two heads."""
        heads: dict[str, set[str]] = {}
        for row in itertools.chain(*self.registers):
            if self.known(row.get("family_head", "")) not in ("", row["id_a"]):
                heads.setdefault(row["id_a"], set()).add(row["family_head"])
        return sum(len(each) > 1 for each in heads.values())

    def families(self) -> Families:
        found = {
            "dwelling": self.dwelling(),
            "guardianship": self.guardianship(),
            "guardianship_dwelling": self.guardianship_dwelling(),
            "service": self.service(),
        }
        return {definition: {family for family in families if len(family) >= 2} for definition, families in found.items()}

    def units(self, cap: int) -> set[frozenset[str]]:
        found: set[frozenset[str]] = set()
        for kin in self.kin():
            if len(kin) <= cap:
                found.add(kin)
                continue
            homes = {family for family in self.only(kin).families()["dwelling"] if len(family) <= cap}
            found |= homes | {frozenset({person}) for person in kin - frozenset().union(*homes)}
        return found

    def families_within(self, units: set[frozenset[str]]) -> Families:
        """The families of each of *units*, made from its records alone."""
        found: Families = {}
        for unit in units:
            for definition, families in self.only(unit).families().items():
                found.setdefault(definition, set()).update(families)
        return found
