"""The way in for a whole extract at once, row by row and person by person in plain Python: slow, obvious, and without buckets."""

from __future__ import annotations

import hmac
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from reference_tokens import hkdf, tokens

from privacy.pseudonymise import addresses, hetu
from privacy.pseudonymise.checking import fault_of
from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import PROFILES
from privacy.pseudonymise.normalise import calendar_date, clean, date_parts
from privacy.pseudonymise.payload import LOCATION, generalise
from privacy.pseudonymise.people import NOT_RESTRICTED
from privacy.pseudonymise.pipeline import CODE_MEANINGS, Local
from schemas.agreement import Agreement
from schemas.register import VALIDITY

PERIODS = {
    "guardian_1_hetu": "guardian_1",
    "guardian_2_hetu": "guardian_2",
    "partner_hetu": "partner",
    "dwelling": "dwelling",
    "family_head_hetu": "family",
}
HOME = ("dwelling", "street", "street_number", "postcode", "locality", "area", "municipality")


@dataclass
class Person:
    """``rows``: row numbers; ``tokens``: by column, bytes or None for random; ``slots``: match tokens by family, None for random."""

    rows: list[int]
    tokens: dict[str, bytes | None] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    slots: dict[str, list[int] | None] = field(default_factory=dict)
    payload: list[tuple[Any, ...]] = field(default_factory=list)


class Reference:
    """What must come of *rows* (texts by field name), of an extract without identifiers in passing columns."""

    def __init__(self, rows: list[dict[str, str]], agreement: Agreement, local: Local, key: bytes, genesis: str) -> None:
        self.register, self.local, self.key, self.genesis = agreement.register[0], local, key, genesis
        self.links, self.day = agreement.linkage.artificial_hetu == "link", agreement.linkage.family_as_of
        self.rejected: list[tuple[int, str, str]] = []
        admitted = []
        for number, row in enumerate(rows, start=1):
            values = {f.name: (row.get(f.name) or "").strip() for f in self.register.columns}
            faults = sorted((number, f.name, fault) for f in self.register.columns if (fault := self.fault(f, values[f.name])))
            self.rejected += faults
            by_meaning = {f.meaning: values[f.name] for f in self.register.columns if f.meaning}
            gone = {self.current(code) for code in local.opt_out}
            codes = {meaning: self.current(by_meaning[meaning]) for meaning in CODE_MEANINGS if meaning in by_meaning}
            if not faults and not (codes.get("hetu") and codes["hetu"] in gone):
                codes = {meaning: "" if code in gone else code for meaning, code in codes.items()}
                admitted.append((number, values, by_meaning, codes))
        groups: dict[Any, list[Any]] = defaultdict(list)
        for row in admitted:
            groups[self.person_key(row)].append(row)
        made = [self.person(rows) for rows in groups.values()]
        for one, other in self.couples([facts for _person, facts in made]).items():
            made[one][0].tokens["partner"] = self.token(made[other][1]["own"])
        self.people = [person for person, _facts in made]
        self.facts = {
            "rows": len(rows),
            "rows_left": len(admitted),
            "persons": len(made),
            "persons_with_identity_token": sum(bool(f["own"]) and (self.links or f["own"][7] != "9") for _p, f in made),
            "persons_under_two_family_heads": sum(f["heads"] > 1 for _p, f in made),
        }

    @staticmethod
    def fault(declared: Any, text: str) -> str:
        if not text:
            return "missing" if declared.required else ""
        return fault_of(declared)(text) if declared.required or declared.leaves != "never" else ""

    def current(self, text: str) -> str:
        changes = {a.code: b.code for old, new in self.local.history.items()
                   if isinstance(a := hetu.parse(old, today=self.local.today), hetu.Hetu)
                   and isinstance(b := hetu.parse(new, today=self.local.today), hetu.Hetu)}  # fmt: skip
        found = hetu.parse(text, today=self.local.today)
        return changes.get(found.code, found.code) if isinstance(found, hetu.Hetu) else ""

    def person_key(self, row: Any) -> Any:
        number, _values, by_meaning, codes = row
        if codes.get("hetu"):
            return codes["hetu"]
        named = by_meaning.get("given_names") or by_meaning.get("surname")
        if self.register.rows == "event" and named and by_meaning.get("birth_date"):
            return tuple(clean(text) for meaning, text in sorted(by_meaning.items()) if meaning not in VALIDITY)
        return number

    def period(self, row: Any, relation: str) -> tuple[date, date]:
        first, last = (calendar_date(row[2].get(f"{PERIODS[relation]}_{end}", "")) for end in ("from", "until"))
        return first or date.min, last or date.max

    def holds(self, row: Any, relation: str) -> bool:
        first, last = self.period(row, relation)
        return first <= self.day <= last

    def person(self, rows: list[Any]) -> tuple[Person, dict[str, Any]]:
        def filled(row: Any) -> int:
            return sum(bool(text) for meaning, text in row[2].items() if meaning not in VALIDITY)

        def best(*relations: str) -> Any:
            def rank(row: Any) -> Any:
                there = {**row[2], **row[3]}
                holding = [r for r in relations if self.holds(row, r) and (r not in there or there[r])]
                began = max((self.period(row, r)[0] for r in holding), default=date.min)
                return -len(holding), date.max - began, -filled(row), row[0]

            return min(rows, key=rank)

        shown = min(rows, key=lambda row: (-filled(row), row[0]))
        guardians, partner, home, head = (
            best("guardian_1_hetu", "guardian_2_hetu"), best("partner_hetu"), best("dwelling"), best("family_head_hetu"),
        )  # fmt: skip
        restricted = any(row[2].get("restricted") and clean(row[2]["restricted"]) not in NOT_RESTRICTED for row in rows)
        own = shown[3].get("hetu", "")
        fields = {**shown[2], **{meaning: home[2][meaning] for meaning in HOME if meaning in home[2]}}
        written = date_parts(fields.get("birth_date", ""))
        born = "-".join(written) if written else (hetu.birth_date_of(own).isoformat() if own else "")
        person = Person([row[0] for row in rows])
        there = {
            "guardian_1": guardians[3].get("guardian_1_hetu", "") if self.holds(guardians, "guardian_1_hetu") and self.minor(born) else "",
            "guardian_2": guardians[3].get("guardian_2_hetu", "") if self.holds(guardians, "guardian_2_hetu") and self.minor(born) else "",
            "partner": partner[3].get("partner_hetu", "") if self.holds(partner, "partner_hetu") else "",
            "family_head": head[3].get("family_head_hetu", "") if self.holds(head, "family_head_hetu") else "",
        }
        there["family_partner"] = head[3].get("family_partner_hetu", "") if there["family_head"] else ""
        dwelling = "" if restricted or not self.holds(home, "dwelling") else self.home(fields)
        earlier = {new: old for old in map(self.code, self.local.history) if (new := self.current(old)) != old}
        person.tokens = {name: self.token(code) for name, code in there.items()} | {
            "id_a": self.token(own),
            "id_b": self.token(earlier.get(own, "")),
            "birth_year": self.mac("birth_year", f"{len(self.linkable(own))}:{self.linkable(own)}4:{born[:4]}") if own and born else None,
            "dwelling": self.mac("dwelling", dwelling) if dwelling else None,
        }
        for relation, row, leaves in (
            ("guardian_1_hetu", guardians, there["guardian_1"]),
            ("guardian_2_hetu", guardians, there["guardian_2"]),
            ("partner_hetu", partner, there["partner"]),
            ("dwelling", home, dwelling),
            ("family_head_hetu", head, there["family_head"]),
        ):
            first, last = self.months(row, relation, born, grows="guardian" in relation) if leaves else (0, 0)
            person.months |= {f"{PERIODS[relation]}_from": first, f"{PERIODS[relation]}_until": last}
        if self.register.match_tokens:
            person.slots = self.match_tokens({**fields, "birth_date": born}, restricted=restricted)
        person.payload = [self.leaving(row, restricted=restricted) for row in rows]
        heads = {row[3]["family_head_hetu"] for row in rows if row[3].get("family_head_hetu") and self.holds(row, "family_head_hetu")}
        facts = {"own": own, "home": dwelling, "sex": clean(fields.get("sex", "")), "born": born, "heads": len(heads), **there}
        kin = {guardians[3].get("guardian_1_hetu"), guardians[3].get("guardian_2_hetu")}
        return person, facts | {"kin": kin - {None, ""}}

    def code(self, text: str) -> str:
        found = hetu.parse(text, today=self.local.today)
        return found.code if isinstance(found, hetu.Hetu) else ""

    def minor(self, born: str) -> bool:
        day = calendar_date(born)
        return day is None or hetu.age_on(self.day, day) < 18

    def home(self, fields: dict[str, str]) -> str:
        street = fields.get("street", "")
        if street and addresses.nowhere(street):
            return ""
        if identifier := "".join(clean(fields.get("dwelling", "")).split()):
            return f"id {identifier}"
        number = addresses.street_number(fields.get("street_number") or (addresses.number_within(street) if street else ""))
        parts = [addresses.street(street) if street else "", number, addresses.postcode(fields.get("postcode", ""))]
        return "".join(f"{len(part)}:{part}" for part in parts) if all(parts) else ""

    def months(self, row: Any, relation: str, born: str, *, grows: bool) -> tuple[int, int]:
        first, last = self.period(row, relation)
        birth = calendar_date(born)
        tell_first = first != date.min and not (birth and first <= birth + timedelta(days=366))
        tell_last = last != date.max and not (grows and birth and hetu.age_on(last + timedelta(days=366), birth) >= 18)
        return (first.year * 100 + first.month if tell_first else 0, last.year * 100 + last.month if tell_last else 0)

    def match_tokens(self, fields: dict[str, str], *, restricted: bool) -> dict[str, list[int] | None]:
        columns = derive({meaning: from_arrow(pa.array([text], pa.string())) for meaning, text in fields.items()}, 1)
        hidden = ("street", "number", "postcode", "locality", "area", "municipality", "phone") if restricted else ()
        record = {name: column.values[column.codes[0]] for name, column in columns.items() if column.present[0] and name not in hidden}
        return {family.name: tokens(record, family, self.key, self.genesis) for family in PROFILES["standard"]}

    def leaving(self, row: Any, *, restricted: bool) -> tuple[Any, ...]:
        values = []
        for declared in self.register.leaving:
            text = "" if restricted and declared.meaning in LOCATION else row[1][declared.name]
            value: Any = (generalise(declared)(text) if text else "") or None
            if declared.meaning in LOCATION and value is None:
                value = "unknown"
            whole = declared.leaves == "year" or (declared.type == "integer" and declared.leaves == "as_is")
            values.append(int(value) if whole and value is not None else value)
        return tuple(values)

    def couples(self, facts: list[dict[str, Any]]) -> dict[int, int]:
        homes = {each["own"]: each["home"] for each in facts if each["own"]}
        taken = {each["partner"] for each in facts if each["partner"]}
        for each in facts:
            one, other = each["guardian_1"], each["guardian_2"]
            if one and other and homes.get(one) and homes.get(one) == homes.get(other):
                taken |= {one, other}
        found: dict[int, int] = {}
        if "sex" not in {declared.meaning for declared in self.register.columns}:
            return found
        free = [n for n, f in enumerate(facts) if f["own"] and f["home"] and f["sex"] and not f["partner"] and f["own"] not in taken
                and (born := calendar_date(f["born"])) and hetu.age_on(self.day, born) >= 18]  # fmt: skip
        for home in {facts[n]["home"] for n in free}:
            adults = [n for n in free if facts[n]["home"] == home]
            fitting = [pair for pair in itertools.combinations(adults, 2) if self.fit(*(facts[n] for n in pair))]
            if len(fitting) == 1 and len(adults) <= 20:
                ((one, other),) = fitting
                found |= {one: other, other: one}
        return found

    @staticmethod
    def fit(one: dict[str, Any], other: dict[str, Any]) -> bool:
        born = sorted(date.fromisoformat(each["born"]) for each in (one, other))
        related = one["own"] in other["kin"] or other["own"] in one["kin"] or one["kin"] & other["kin"]
        return one["sex"] != other["sex"] and hetu.age_on(born[1], born[0]) < 16 and not related

    def linkable(self, code: str) -> str:
        return code if self.links or code[7] != "9" else f"{code}@{self.register.id}"

    def token(self, code: str) -> bytes | None:
        return self.mac("identity", self.linkable(code)) if code else None

    def mac(self, purpose: str, text: str) -> bytes:
        return hmac.digest(hkdf(self.key, self.genesis, purpose), text.encode(), "sha256")[:16]
