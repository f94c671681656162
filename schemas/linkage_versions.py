"""Linkage schemas of versions 1 and 2, and how they become version 3: by clkhash's own rules."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas.contract import Contract, parse
from schemas.errors import InputError
from schemas.linkage_schema import (
    BITS_MAX,
    BlakeHash,
    Config,
    Derivation,
    Description,
    DoubleHash,
    Format,
    Insertions,
    Key,
    LinkageSchema,
    MissingValue,
    Number,
    read_json,
)

Document = dict[str, Any]
Hash = Annotated[DoubleHash | BlakeHash, Constrained(discriminator="type")]
HINT = LinkageSchema.hint
N = Annotated[int, Constrained(ge=1, le=64)]


class ConfigOne(Contract):
    """Version 1: one number of insertions ``k`` and one hash for all features."""

    bits: Annotated[int, Constrained(alias="l", ge=1, le=BITS_MAX)]
    k: Insertions
    kdf: Derivation
    hash: Hash
    folds: Annotated[int, Constrained(alias="xor_folds", ge=0, le=16)] = 0
    unread_folds: Annotated[int, Constrained(alias="xorFolds", ge=0)] = 0


class HashingOne(Contract):
    """Version 1: a ``weight`` of 0 leaves the feature out, any other multiplies ``k``."""

    ngram: N
    positional: bool = False
    weight: Annotated[Number, Constrained(ge=0, le=10_000)] = 1
    missing: Annotated[MissingValue | None, Constrained(alias="missingValue")] = None


class StrategyTwo(Contract):
    """Version 2's names of the strategies."""

    k: Insertions | None = None
    per_feature: Annotated[Insertions | None, Constrained(alias="numBits")] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.k is None) == (self.per_feature is None):
            raise ValueError("give either k or numBits")
        return self


class HashingTwo(Contract):
    """Version 2: n-grams only."""

    ngram: N
    positional: bool = False
    strategy: StrategyTwo
    hash: Hash = BlakeHash(type="blakeHash")
    missing: Annotated[MissingValue | None, Constrained(alias="missingValue")] = None


class Older(Contract):
    """A feature of version 1 or 2; an ignored one has neither format nor hashing."""

    identifier: Key
    description: Description = ""
    ignored: bool = False
    format: Format | None = None
    hashing: HashingOne | HashingTwo | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.format is None, self.hashing is None) != (self.ignored, self.ignored):
            raise ValueError("a feature has format and hashing, an ignored one neither")
        return self


class FeatureOne(Older):
    """A feature of version 1."""

    hashing: HashingOne | None = None


class FeatureTwo(Older):
    """A feature of version 2."""

    hashing: HashingTwo | None = None


class SchemaOne(Contract):
    """A linkage schema of version 1."""

    hint: ClassVar[str] = HINT
    version: Literal[1]
    config: Annotated[ConfigOne, Constrained(alias="clkConfig")]
    features: Annotated[tuple[FeatureOne, ...], Constrained(min_length=1, max_length=255)]


class SchemaTwo(Contract):
    """A linkage schema of version 2."""

    hint: ClassVar[str] = HINT
    version: Literal[2]
    config: Annotated[Config, Constrained(alias="clkConfig")]
    features: Annotated[tuple[FeatureTwo, ...], Constrained(min_length=1, max_length=255)]


def load(data: bytes, *, place: str) -> LinkageSchema:
    """The linkage schema in *data*, JSON of any version; ``InputError`` S3110 with every fault, and no value, otherwise."""
    reason, document = "", None
    try:
        document = read_json(data)
    except ValueError as found:
        reason = str(found)
    version = document.get("version") if isinstance(document, dict) else None
    if not reason and (type(version) is not int or version not in (1, 2, 3)):
        reason = "is not an object with a version of 1, 2 or 3"
    if reason or not isinstance(document, dict):
        raise InputError("S3110", place=place, reason=reason, hint=HINT)
    if version == 1:
        parse(SchemaOne, document, place=place, code="S3110")
        document = _second(document)
    if document["version"] == 2:
        parse(SchemaTwo, document, place=place, code="S3110")
        document = _third(document)
    return parse(LinkageSchema, document, place=place, code="S3110")


def _second(one: Document) -> Document:
    """A checked document of version 1 as version 2."""
    config = {key: value for key, value in one["clkConfig"].items() if key not in ("k", "hash")}
    k, hashed = one["clkConfig"]["k"], one["clkConfig"]["hash"]
    return {"version": 2, "clkConfig": config, "features": [_weighed(feature, k, hashed) for feature in one["features"]]}


def _weighed(feature: Document, k: int, hashed: Document) -> Document:
    if feature.get("ignored"):
        return feature
    weight = feature["hashing"].get("weight", 1.0)
    if weight == 0:
        return {"identifier": feature["identifier"], "ignored": True}
    kept = {key: value for key, value in feature["hashing"].items() if key != "weight"}
    return {**feature, "hashing": {**kept, "strategy": {"k": round(weight * k)}, "hash": hashed}}


def _third(two: Document) -> Document:
    """A checked document of version 2 as version 3."""
    return {**two, "version": 3, "features": [_compared(feature) for feature in two["features"]]}


def _compared(feature: Document) -> Document:
    if feature.get("ignored"):
        return feature
    hashing = dict(feature["hashing"])
    strategy = hashing["strategy"]
    given = {"bitsPerToken": strategy["k"]} if "k" in strategy else {"bitsPerFeature": strategy["numBits"]}
    comparison = {"type": "ngram", "n": hashing.pop("ngram"), "positional": hashing.pop("positional", False)}
    return {**feature, "hashing": {**hashing, "strategy": given, "comparison": comparison}}
