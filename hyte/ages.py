"""Age bands as code lists: five-year groups, and phases of life as wellbeing reports use them."""

from __future__ import annotations

import datetime

from schemas.code_list import CodeList, ListedCode, ListedLevel
from schemas.dimension import band_codes
from schemas.register import Titles

BROAD = {
    "0-14": Titles(fi="0–14-vuotiaat", sv="0–14-åringar", en="Aged 0–14"),
    "15-64": Titles(fi="15–64-vuotiaat", sv="15–64-åringar", en="Aged 15–64"),
    "65+": Titles(fi="65 vuotta täyttäneet", sv="65 år fyllda", en="Aged 65 and over"),
}
PHASES = {
    "0-17": Titles(fi="Alaikäiset", sv="Minderåriga", en="Minors"),
    "18-64": Titles(fi="18–64-vuotiaat", sv="18–64-åringar", en="Aged 18–64"),
    "65+": Titles(fi="65 vuotta täyttäneet", sv="65 år fyllda", en="Aged 65 and over"),
}


def _ages(name: str, bands: tuple[int, ...], level: str, parts: dict[str, Titles], source: str) -> CodeList:
    """A list of ages by *bands*, part of coarser bands *parts* (their codes begin with the first age in them)."""
    starts = {int(code.split("-")[0].rstrip("+")): code for code in parts}
    part_of = [starts[max(start for start in starts if start <= low)] for low in bands]
    return CodeList(
        id=name,
        title=Titles(fi="Ikä", sv="Ålder", en="Age"),
        source=source,
        valid_from=datetime.date(1900, 1, 1),
        bands=bands,
        level=(
            ListedLevel(
                name="age",
                codes=tuple(
                    ListedCode(code=code, title=Titles(fi=_dashed(code), sv=_dashed(code), en=_dashed(code)), part_of=part)
                    for code, part in zip(band_codes(bands), part_of, strict=True)
                ),
            ),
            ListedLevel(name=level, codes=tuple(ListedCode(code=code, title=title) for code, title in parts.items())),
        ),
    )


def _dashed(code: str) -> str:
    return code.replace("-", "\N{EN DASH}")


AGE_5 = _ages("age_5", tuple(range(0, 90, 5)), "age_broad", BROAD, "Statistics Finland, five-year age groups")
AGE_LIFE = _ages("age_life", (0, 7, 16, 18, 30, 50, 65, 75, 85), "age_phase", PHASES, "phases of life, after Sotkanet's age groups (THL)")
