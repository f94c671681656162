"""A register: its controller, its declared legal basis, its columns, and the form in which each leaves."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas.contract import Contract, Digest, Identifier, IsoDate, Text

Meaning = Literal[
    "hetu",
    "given_names",
    "surname",
    "former_surname",
    "birth_date",
    "sex",
    "street",
    "street_number",
    "postcode",
    "locality",
    "area",
    "municipality",
    "dwelling",
    "restricted",
    "guardian_1_hetu",
    "guardian_2_hetu",
    "partner_hetu",
    "guardian_1_from",
    "guardian_1_until",
    "guardian_2_from",
    "guardian_2_until",
    "partner_from",
    "partner_until",
    "dwelling_from",
    "dwelling_until",
    "family_head_hetu",
    "family_partner_hetu",
    "family_from",
    "family_until",
    "phone",
]
"""What a field says about *who* a record is.  A field without a meaning is payload only."""
FieldType = Literal["text", "integer", "decimal", "date", "code"]
Leaves = Literal["never", "as_is", "year", "month", "prefix_2", "prefix_3", "band_5"]
"""The form in which a field's value leaves: not at all, unchanged, or generalised."""

VALIDITY: dict[Meaning, tuple[Meaning, ...]] = {
    "guardian_1_from": ("guardian_1_hetu",),
    "guardian_1_until": ("guardian_1_hetu",),
    "guardian_2_from": ("guardian_2_hetu",),
    "guardian_2_until": ("guardian_2_hetu",),
    "partner_from": ("partner_hetu",),
    "partner_until": ("partner_hetu",),
    "dwelling_from": ("dwelling", "street"),
    "dwelling_until": ("dwelling", "street"),
    "family_from": ("family_head_hetu",),
    "family_until": ("family_head_hetu",),
}
"""The days from and until which a relation holds, both included, empty for open; and the relation each stands beside."""

NEVER: tuple[Meaning, ...] = (
    "hetu",
    "given_names",
    "surname",
    "former_surname",
    "street",
    "street_number",
    "dwelling",
    "restricted",
    "guardian_1_hetu",
    "guardian_2_hetu",
    "partner_hetu",
    "family_head_hetu",
    "family_partner_hetu",
    "phone",
    *VALIDITY,
)
"""What leaves as a token or not at all, in no form: three letters of a name are still a name."""


RESERVED: Final = frozenset(("record_id", "study_id", "unit_id", "family_id"))
"""Names that a payload's rows get in the package and in the linked set."""


class Titles(Contract):
    """A title in the languages of the region."""

    fi: Text
    sv: Text = ""
    en: Text = ""


class Field(Contract):
    """One column of an extract, and the form in which it leaves."""

    name: Annotated[str, Constrained(min_length=1, max_length=100)]
    type: FieldType
    meaning: Meaning | None = None
    leaves: Leaves = "never"
    required: bool = False
    codes: tuple[Text, ...] = ()
    minimum: int | None = None
    maximum: int | None = None

    @model_validator(mode="after")
    def _identity_never_leaves_as_it_is(self) -> Self:
        openly = self.leaves == "as_is" and self.meaning not in (None, "sex", "municipality")
        if openly or (self.meaning in NEVER and self.leaves != "never"):
            raise ValueError("an identifying field may leave only as a token or generalised")
        if self.meaning in VALIDITY and self.type != "date":
            raise ValueError("the validity of a relation is of type date")
        if self.leaves in ("year", "month") and self.type != "date":
            raise ValueError("only a date can leave as its year or month")
        if self.leaves == "band_5" and self.type != "integer":
            raise ValueError("only an integer can leave in bands")
        return self


class Window(Contract):
    """The time an extract covers, both days included."""

    first: IsoDate
    last: IsoDate

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("the window ends before it begins")
        return self


ACKNOWLEDGEMENT: Final = (
    "Published attacks re-identify 90 % and more of the people in Bloom-filter encodings from an overlap of 5 %. "
    "These encodings are personal data, no noise protects them, and we use them all the same."
)
"""What an agreement says, word for word, of a register that leaves as similarity encodings."""


class Encoding(Contract):
    """Leave to make similarity encodings of a register, besides its package: see ``docs/clk.md``.

    ``schema_sha256``: the digest of the linkage schema's file, so that every party signs it.  ``acknowledge`` must be
    :data:`ACKNOWLEDGEMENT`, which :func:`schemas.agreement.load` looks at.
    """

    format: Literal["clkhash"]
    schema_sha256: Digest
    acknowledge: Text


class Register(Contract):
    """One register of one controller, with its *declared* legal basis: shown, never inferred."""

    id: Identifier
    title: Titles
    controller: Identifier
    legal_basis: Text
    collected_for: Text
    coverage: Text
    window: Window
    rows: Literal["person", "event"]
    one_record_per_person: bool = False
    match_tokens: bool = False
    columns: Annotated[tuple[Field, ...], Constrained(min_length=1, max_length=500)]
    encoding: Encoding | None = None

    def by_meaning(self, meaning: Meaning) -> Field | None:
        """The field that carries *meaning*, or None."""
        return next((field for field in self.columns if field.meaning == meaning), None)

    @property
    def leaving(self) -> tuple[Field, ...]:
        """The fields whose values leave, in declared order: the columns of the payload member."""
        return tuple(field for field in self.columns if field.leaves != "never")

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        names = [field.name for field in self.columns]
        meanings = [field.meaning for field in self.columns if field.meaning]
        if len(set(names)) != len(names) or len(set(meanings)) != len(meanings):
            raise ValueError("a column name or meaning is declared twice")
        leaving = [field.name.casefold() for field in self.leaving]  # the engine's names know no case
        if len(set(leaving)) != len(leaving):
            raise ValueError("two columns that leave have names that differ in case only")
        if not RESERVED.isdisjoint(leaving):
            raise ValueError(f"a column that leaves has a name that Sauma uses itself: {', '.join(sorted(RESERVED))}")
        return self

    @model_validator(mode="after")
    def _encodes_people(self) -> Self:
        if self.encoding is not None and self.rows != "person":
            raise ValueError("similarity encodings are for a register with one row a person")
        return self

    @model_validator(mode="after")
    def _relations_hold_together(self) -> Self:
        meanings = {field.meaning for field in self.columns}
        beside = VALIDITY | {"family_partner_hetu": ("family_head_hetu",)}
        if any(meaning in beside and meanings.isdisjoint(beside[meaning]) for meaning in meanings if meaning):
            raise ValueError("a relation's validity, or a family's second adult, is declared without the relation itself")
        return self
