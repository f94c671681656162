"""What is said, each time, about similarity encodings: in Finnish, Swedish and English.

Drafts for native readers to settle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sauma.report.page import Language

WARNING: Final = {
    "fi": (
        "VAROITUS: CLK-koodaukset ovat henkilötietoja. Julkaistut hyökkäykset tunnistavat 90 % ja enemmän Bloom-suodattimiin",
        "koodatuista henkilöistä jo silloin, kun 5 % heistä on myös hyökkääjän omassa luettelossa. Koodauksissa ei ole kohinaa:",
        "ne eivät ole differentiaalisesti yksityisiä. Anna ne vain niille, joille saisi antaa tiedotkin.",
    ),
    "sv": (
        "VARNING: CLK-kodningar är personuppgifter. Publicerade attacker återidentifierar 90 % och fler av personerna i",
        "Bloomfilter redan när 5 % av dem också finns på angriparens egen lista. Kodningarna innehåller inget brus: de är inte",
        "differentiellt privata. Ge dem bara till den som också skulle få själva uppgifterna.",
    ),
    "en": (
        "WARNING: CLK encodings are personal data. Published attacks re-identify 90 % and more of the people in Bloom filters",
        "as soon as 5 % of them are on a list of the attacker's own too. There is no noise in the encodings: they are not",
        "differentially private. Give them only to those to whom you might give the data itself.",
    ),
}


def said(lang: Language) -> tuple[str, ...]:
    """The lines of the warning in *lang*."""
    return WARNING[lang]
