"""A linkage schema of clkhash, versions 1, 2 and 3: which columns a similarity encoding (CLK) is made of, and how.

The format is clkhash's (data61/clkhash 0.18), read strictly: whatever clkhash refuses is refused here, and so is a key
that clkhash would silently pass over.  Versions 1 and 2 become version 3 by clkhash's own rules
(:mod:`schemas.linkage_versions`).  See ``docs/clk.md``.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, NoReturn, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas.contract import Base64, Contract

SCHEMA_BYTES_MAX: Final = 256 * 1024
BITS_MAX: Final = 65_536
"""Bits before folding: blakeHash draws 16-bit positions, so that more would stay empty."""
HASH_BYTES: Final = {"SHA256": 32, "SHA512": 64}
BLAKE_KEY_BYTES_MAX: Final = 64
DIRECTIVES: Final = frozenset("aAbBdfGHIjmMpSuUVwWyYzZ%")
"""What a date format may hold; not ``%c %x %X``, which mean another thing on another machine."""

Key = Annotated[str, Constrained(max_length=200)]
Description = Annotated[str, Constrained(max_length=4000)]
Insertions = Annotated[int, Constrained(ge=1, le=10_000)]
Number = int | float


class TextFormat(Contract):
    """A text, as it stands: ``case`` and lengths are conditions, nothing is changed."""

    type: Literal["string"]
    encoding: Literal["ascii", "utf-8", "utf-16", "utf-32"] = "utf-8"
    case: Literal["upper", "lower", "mixed"] | None = None
    minimum: Annotated[int | None, Constrained(alias="minLength", ge=0)] = None
    maximum: Annotated[int | None, Constrained(alias="maxLength", ge=1)] = None
    pattern: Annotated[str | None, Constrained(max_length=1000)] = None
    description: Description = ""

    @model_validator(mode="after")
    def _a_pattern_stands_alone(self) -> Self:
        if self.pattern is not None:
            if (self.case, self.minimum, self.maximum) != (None, None, None):
                raise ValueError("a pattern stands without case, minLength and maxLength")
            if not _compiles(self.pattern):
                raise ValueError("the pattern is not a regular expression")
        return self


class IntegerFormat(Contract):
    """A whole number, encoded in its one shortest form."""

    type: Literal["integer"]
    minimum: int | None = None
    maximum: int | None = None
    description: Description = ""


class DateFormat(Contract):
    """A day written as ``format`` says (strptime), encoded as ``yyyymmdd``."""

    type: Literal["date"]
    format: Annotated[str, Constrained(max_length=100)]
    description: Description = ""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        directives = re.findall(r"%(.?)", self.format, re.DOTALL)
        if not DIRECTIVES.issuperset(directives) or "" in directives or not _reads(self.format):
            raise ValueError("the date format has a directive that is unknown, given twice or of the machine's own (%c, %x, %X)")
        return self


class EnumFormat(Contract):
    """One of a list of texts."""

    type: Literal["enum"]
    values: Annotated[tuple[Annotated[str, Constrained(max_length=4000)], ...], Constrained(max_length=10_000)]
    description: Description = ""


Format = Annotated[TextFormat | IntegerFormat | DateFormat | EnumFormat, Constrained(discriminator="type")]


class Ngrams(Contract):
    """The text's parts of ``n`` letters, spaces around it; ``positional``: each with its place in front."""

    type: Literal["ngram"]
    n: Annotated[int, Constrained(ge=1, le=64)]
    positional: bool = False


class Exact(Contract):
    """The whole text."""

    type: Literal["exact"]


class Numeric(Contract):
    """The numbers around a number: two that are ``threshold`` apart or more share none."""

    type: Literal["numeric"]
    threshold: Annotated[Number, Constrained(alias="thresholdDistance", gt=0, le=10**9)]
    resolution: Annotated[int, Constrained(ge=1, le=1000)]
    precision: Annotated[int, Constrained(alias="fractional_precision", ge=0, le=15)] = 0

    @property
    def step(self) -> int:
        """What lies between two neighbouring numbers."""
        step: int = round(self.threshold * 10**self.precision)
        return step

    @model_validator(mode="after")
    def _is_not_nothing(self) -> Self:
        if self.step == 0:
            raise ValueError("fractional_precision is too small for thresholdDistance")
        return self


class DoubleHash(Contract):
    """Positions ``sha1 + i * md5``; unless ``prevent_singularity``, md5 may be 0 and all positions one."""

    type: Literal["doubleHash"]
    prevent_singularity: bool = False


class BlakeHash(Contract):
    """Positions from slices of keyed BLAKE2b."""

    type: Literal["blakeHash"]


class Strategy(Contract):
    """How many positions each part is given: the same for each, or so many for all parts of a value together."""

    per_token: Annotated[Insertions | None, Constrained(alias="bitsPerToken")] = None
    per_feature: Annotated[Insertions | None, Constrained(alias="bitsPerFeature")] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.per_token is None) == (self.per_feature is None):
            raise ValueError("give either bitsPerToken or bitsPerFeature")
        return self


class MissingValue(Contract):
    """The text that stands for a missing value, and what is encoded instead."""

    sentinel: Annotated[str, Constrained(max_length=1000)]
    replacement: Annotated[str | None, Constrained(alias="replaceWith", max_length=1000)] = None


class Hashing(Contract):
    """How a column's values become positions."""

    comparison: Annotated[Ngrams | Exact | Numeric, Constrained(discriminator="type")]
    strategy: Strategy
    hash: Annotated[DoubleHash | BlakeHash, Constrained(discriminator="type")] = BlakeHash(type="blakeHash")
    missing: Annotated[MissingValue | None, Constrained(alias="missingValue")] = None


class Feature(Contract):
    """One column; ``ignored``: it is left out, but keeps its place in the order of keys."""

    identifier: Key
    description: Description = ""
    ignored: bool = False
    format: Format | None = None
    hashing: Hashing | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.format is None) != (self.hashing is None) or (self.format is None and not self.ignored):
            raise ValueError("format and hashing stand together; only an ignored feature is without both")
        return self


class Derivation(Contract):
    """How keys are made of the secret: HKDF, two keys a feature."""

    type: Literal["HKDF"]
    hash: Literal["SHA256", "SHA512"] = "SHA256"
    salt: Base64 | None = None
    info: Base64 | None = None
    key_bytes: Annotated[int, Constrained(alias="keySize", ge=1, le=16_320)] = 64

    @model_validator(mode="after")
    def _is_base64(self) -> Self:
        for text in (self.salt, self.info):
            if text is not None and not _decodes(text):
                raise ValueError("salt and info must be base64 with its padding")
        return self


class Config(Contract):
    """``l``: bits of a CLK after ``xor_folds`` foldings.  ``xorFolds`` is what clkhash documents and never reads."""

    bits: Annotated[int, Constrained(alias="l", ge=1, le=BITS_MAX)]
    kdf: Derivation
    folds: Annotated[int, Constrained(alias="xor_folds", ge=0, le=16)] = 0
    unread_folds: Annotated[int, Constrained(alias="xorFolds", ge=0)] = 0

    @property
    def hashed_bits(self) -> int:
        """Bits before folding."""
        return self.bits << self.folds


class LinkageSchema(Contract):
    """A linkage schema as of version 3."""

    hint: ClassVar[str] = "docs/clk.md says what a linkage schema may hold; [2] is the second"
    version: Literal[3]
    config: Annotated[Config, Constrained(alias="clkConfig")]
    features: Annotated[tuple[Feature, ...], Constrained(min_length=1, max_length=255)]

    @property
    def encoded(self) -> tuple[tuple[int, Feature], ...]:
        """The features that are encoded, each with its place in the order of keys."""
        return tuple((place, feature) for place, feature in enumerate(self.features) if not feature.ignored)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        bits, kdf = self.config.hashed_bits, self.config.kdf
        if bits > BITS_MAX:
            raise ValueError(f"l and xor_folds make more than {BITS_MAX} bits")
        if not self.encoded:
            raise ValueError("no feature is encoded")
        if 2 * len(self.features) * kdf.key_bytes > 255 * HASH_BYTES[kdf.hash]:
            raise ValueError("HKDF gives no keys for so many features: a smaller keySize, or SHA512")
        hashes = [feature.hashing.hash for _, feature in self.encoded if feature.hashing]
        if bits == 1 and any(isinstance(each, DoubleHash) and each.prevent_singularity for each in hashes):
            raise ValueError("one bit cannot be other than singular")
        if any(isinstance(each, BlakeHash) for each in hashes):
            if bits & (bits - 1):
                raise ValueError("blakeHash needs a power of two of bits, before folding")
            if kdf.key_bytes > BLAKE_KEY_BYTES_MAX:
                raise ValueError(f"blakeHash takes keys of at most {BLAKE_KEY_BYTES_MAX} bytes: a smaller keySize")
        return self


def read_json(data: bytes) -> object:
    """*data* as JSON; ``ValueError`` saying what is wrong with it, and no content, if it is too large or deep, or repeats a key."""
    reason = ""
    if len(data) > SCHEMA_BYTES_MAX:
        reason = f"is larger than {SCHEMA_BYTES_MAX // 1024} KiB"
    else:
        try:
            return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refused)
        except UnicodeDecodeError:
            reason = "is not UTF-8"
        except RecursionError:
            reason = "is nested too deeply"
        except ValueError:
            reason = "is not JSON, or repeats a key"
    raise ValueError(reason)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refused(_text: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _reads(form: str) -> bool:
    """Whether strptime takes *form*: the day in it is not looked at."""
    try:
        datetime.strptime("", form)  # noqa: DTZ007 - a day has no time zone
    except re.error:
        return False
    except ValueError as refused:
        return "directive" not in str(refused) and "stray" not in str(refused)
    return True


def _decodes(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True
