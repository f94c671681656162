"""The eight dimensions of wellbeing that an indicator belongs to.

After Stiglitz, Sen and Fitoussi, *Report by the Commission on the Measurement of Economic Performance and Social
Progress* (2009), recommendation 5; the order is the report's.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.register import Titles


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of wellbeing."""

    id: str
    title: Titles


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("living_standard", Titles(fi="Aineellinen elintaso", sv="Materiell levnadsstandard", en="Material living standard")),
    Dimension("health", Titles(fi="Terveys", sv="Hälsa", en="Health")),
    Dimension("education", Titles(fi="Koulutus", sv="Utbildning", en="Education")),
    Dimension(
        "activities",
        Titles(fi="Henkilökohtainen toiminta ja työ", sv="Personliga aktiviteter och arbete", en="Personal activities including work"),
    ),
    Dimension(
        "voice",
        Titles(fi="Poliittinen vaikuttaminen ja hallinto", sv="Politiskt inflytande och styrning", en="Political voice and governance"),
    ),
    Dimension("connections", Titles(fi="Sosiaaliset suhteet", sv="Sociala relationer", en="Social connections and relationships")),
    Dimension(
        "environment", Titles(fi="Ympäristö nyt ja tulevaisuudessa", sv="Miljö nu och i framtiden", en="Environment, present and future")
    ),
    Dimension(
        "insecurity",
        Titles(fi="Taloudellinen ja fyysinen turvattomuus", sv="Ekonomisk och fysisk otrygghet", en="Insecurity, economic and physical"),
    ),
)


def dimension_of(name: str) -> Dimension | None:
    """The dimension called *name*, or None."""
    return next((known for known in DIMENSIONS if known.id == name), None)
