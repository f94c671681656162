"""Similarity encodings of an extract: whose rows are encoded, in which order they leave, and what stays.

People who have opted out are left out, as in a package, and so is everybody with a restriction: whoever holds the encodings
finds people again, and a person in hiding must not be found.  Their number stays with the steward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from privacy.pseudonymise.admission import CODE_MEANINGS, Admission, Admitted, Local
from privacy.pseudonymise.clk.encoding import Bytes, Integers, encode
from privacy.pseudonymise.coded import MISSING, Booleans
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import NOT_RESTRICTED
from privacy.pseudonymise.randomness import Entropy, random_order
from privacy.pseudonymise.rejects import Rejects
from schemas.agreement import Agreement
from schemas.batches import RawBatch
from schemas.errors import InputError, PolicyRefusal
from schemas.linkage_schema import LinkageSchema
from schemas.register import Register


@dataclass(frozen=True, slots=True, repr=False)
class Encodings:
    """``clks``: one a row, in random order, shape (n, bytes); ``rows``: the row in the extract that each is of, shape (n,).

    ``came``: rows of the extract; ``restricted``: rows left out because of a restriction; ``rejects``: faults of rows kept back.
    """

    clks: Bytes
    rows: Integers
    came: int
    restricted: int
    rejects: Rejects

    @property
    def opted_out(self) -> int:
        """Rows of people on the opt-out list that were left out for nothing else."""
        return self.came - len(self.rows) - self.restricted - len(np.unique(self.rejects.rows))


def encodings(
    batches: Iterable[RawBatch], agreement: Agreement, local: Local, schema: LinkageSchema, secret: bytes, entropy: Entropy
) -> Encodings:
    """*batches* of one register, in row order, as CLKs under *schema* and the network's *secret*.

    Raises ``PolicyRefusal`` S4101 and S4102 as for a package and S4111 if the schema encodes personal identity codes,
    ``InputError`` S3100 if no row is left, S3110 if a feature is no column and S3111 if a value does not fit its feature.
    """
    door, waiting = None, []
    for raw in batches:
        if door is None:
            refuse_codes(raw.register, schema)
            door = Admission(raw.register, agreement, local)
        admitted = door.admit(raw)
        columns = {name: column.to_arrow() for name, column in admitted.columns.items()}
        clks = encode(columns, schema, secret, place=raw.register.id, rows=admitted.rows)
        waiting.append((clks, admitted.rows, *_restricted(raw.register, admitted)))
    if door is None:
        raise ValueError("an extract has at least one batch")
    door.refuse()
    made, rows, said, codes = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
    shown = np.flatnonzero(~(said | (np.isin(codes, codes[said]) & (codes != MISSING))))
    if not len(shown):
        hint = f"see 'sauma check {door.register.id}'"
        raise InputError("S3100", place=door.register.id, reason="no row of the extract can leave", hint=hint)
    order = shown[random_order(len(shown), entropy)]
    return Encodings(made[order], rows[order], door.rows, len(rows) - len(shown), door.rejects)


def refuse_codes(register: Register, schema: LinkageSchema) -> None:
    """``PolicyRefusal`` S4111 if *schema* encodes a column of personal identity codes: parts of a code give the code away."""
    codes = {column.name for column in register.columns if column.meaning in CODE_MEANINGS}
    named = [feature.identifier for _, feature in schema.encoded if feature.identifier in codes]
    if named:
        hint = "mark the feature as ignored; codes leave as keyed tokens, in a package"
        raise PolicyRefusal("S4111", place=named[0], reason="a linkage schema may not encode personal identity codes", hint=hint)


def _restricted(register: Register, admitted: Admitted) -> tuple[Booleans, Integers]:
    """Which rows say that their person is restricted, and the rows' codes, by which the person's other rows are found; shape (n,) both."""
    codes = admitted.codes.get("hetu")
    numbers = np.full(len(admitted.rows), MISSING, dtype=np.int64) if codes is None else codes.numbers
    declared = register.by_meaning("restricted")
    if declared is None:
        return np.zeros(len(numbers), dtype=np.bool_), numbers
    return admitted.columns[declared.name].holds(lambda text: clean(text) not in NOT_RESTRICTED), numbers
