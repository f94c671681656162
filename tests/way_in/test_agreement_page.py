"""The page about an agreement: everything is on it, in three languages, and nothing of one language in another."""

from __future__ import annotations

import re

import pytest
import way_in_world as world

from sauma import keys
from sauma.report import agreement_page
from sauma.report.agreement_words import _texts, words
from sauma.report.page import LANGUAGES, Language
from schemas.agreement import DEFINITIONS, Agreement


def page(agreed: Agreement, lang: Language, signed: tuple[str, ...] = world.PARTIES) -> agreement_page.Page:
    return agreement_page.page(agreed, {party.id: keys.public_of(agreed, party.id) for party in agreed.party}, signed, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_was_agreed_on_is_on_the_page(lang: Language) -> None:
    agreed = world.agreement()
    text = " ".join(" ".join(agreement_page.text(page(agreed, lang))).split())
    html = agreement_page.html(page(agreed, lang)).decode()
    for shown in (text, html):
        for party in agreed.party:
            assert party.name in shown
            assert keys.public_of(agreed, party.id).fingerprint.replace("-", " ") in shown
        for register in agreed.register:
            assert all(said in shown for said in (register.legal_basis, register.collected_for, register.coverage))
            assert all(field.name in shown for field in register.columns)
        assert agreed.purpose in shown
        assert agreed.digest in shown
        assert ("2.72" if lang == "en" else "2,72") in shown
    assert f'<html lang="{lang}">' in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_who_has_not_signed_is_named_and_one_party_with_two_roles_is_said() -> None:
    text = " ".join(agreement_page.text(page(world.agreement(), "en", ("dvv", "espoo"))))
    assert "not signed by Analyst, Officer" in text
    assert words("en")["one_party"] in " ".join(text.split())


def test_every_language_says_everything_with_the_same_blanks() -> None:
    for key, texts in _texts().items():
        assert set(texts) == set(LANGUAGES), key
        blanks = {lang: sorted(re.findall(r"\{(\w+)\}", text)) for lang, text in texts.items()}
        assert blanks["fi"] == blanks["sv"] == blanks["en"], key
        assert all(text.strip() == text and text for text in texts.values()), key
        text = "".join(texts.values())
        assert text.encode("cp1252").decode("cp1252") == text, key


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_family_definition_and_every_kind_has_words(definition: str, lang: Language) -> None:
    changes = {"family_as_of = 2025-12-31": f'family_as_of = 2025-12-31, family = "{definition}"', '["EXACT"]': '["EXACT", "DP"]'}
    agreed = world.agreement(world.agreement_text(**changes))
    shown = " ".join(" ".join(agreement_page.text(page(agreed, lang))).split())
    assert all(words(lang)[key] in shown for key in (f"family_{definition}", "EXACT", "DP"))


def test_what_parties_wrote_is_escaped() -> None:
    agreed = world.agreement(world.agreement_text(**{"To test": "<script>alert(1)</script>"}))
    assert "<script" not in agreement_page.html(page(agreed, "fi")).decode()


@pytest.mark.parametrize(
    ("epsilon", "factor"),
    [("0", "1.00"), ("1", "2.72"), ("0.5", "1.65"), ("12", "162754.80"), ("20", "10^9"), ("999999999", "10^434294482")],
)
def test_the_factor_is_rounded_up(epsilon: str, factor: str) -> None:
    assert agreement_page._factor(epsilon) == factor
