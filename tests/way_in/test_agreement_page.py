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
    assert "max-content" not in html  # a term as long as a sentence would push what it says off the page
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


HETU = '    { name = "hetu", type = "text", meaning = "hetu" },\n'
"""The code of the pupils: without this line they have none."""
GRADE = '    { name = "luokka",'


def shown(lang: Language, **changes: str) -> str:
    """The page as one line of text, of the agreement with *changes* (old text and new)."""
    return " ".join(" ".join(agreement_page.text(page(world.agreement(world.agreement_text(**changes)), lang))).split())


def with_columns(*columns: tuple[str, str]) -> dict[str, str]:
    """The change that gives the pupils *columns* (name and meaning) besides."""
    lines = "".join(f'    {{ name = "{name}", type = "text", meaning = "{meaning}" }},\n' for name, meaning in columns)
    return {GRADE: lines + GRADE}


def said(lang: Language, key: str, registers: str = "Oppilaat") -> str:
    return words(lang)[key].format(registers=registers)


@pytest.mark.parametrize(
    ("lang", "nothing", "promised", "not_marked"),
    [
        ("fi", "käy ilmi", "kotikuntaansa ja puhelinnumeroaan ei luovuteta", "ei voida jättää mitään luovuttamatta: Oppilaat, Asukkaat."),
        ("sv", "framgår inte", "hemkommun och telefonnummer inte ut", "på grund av en spärrmarkering: Oppilaat, Asukkaat."),
        ("en", "does not show", "municipality and telephone number do not leave", "because of one: Oppilaat, Asukkaat."),
    ],
)
def test_what_is_said_of_restricted_people_follows_the_agreement(lang: Language, nothing: str, promised: str, not_marked: str) -> None:
    unmarked = shown(lang, **with_columns(("puhelin", "phone")))
    assert not_marked in unmarked
    assert promised not in unmarked
    marked = shown(lang, **with_columns(("puhelin", "phone"), ("turvakielto", "restricted")))
    assert promised in marked
    assert said(lang, "restricted_unmarked", "Asukkaat") in marked
    for text in (unmarked, marked):
        assert nothing not in text
        assert said(lang, "restricted_dwelling") not in text
        assert said(lang, "restricted_near_equal") not in text


@pytest.mark.parametrize(
    ("lang", "dwelling", "alike"),
    [
        ("fi", "siitä, että henkilön asunto puuttuu. Tämä koskee rekistereitä: Oppilaat.", "naapuriensa kanssa."),
        ("sv", "av att personens bostad saknas. Detta gäller registren: Oppilaat.", "gemensamt med sina grannar."),
        ("en", "from a missing dwelling. This concerns the registers: Oppilaat.", "in common with neighbours."),
    ],
)
def test_the_page_says_what_lets_the_linker_infer_a_restriction(lang: Language, dwelling: str, alike: str) -> None:
    columns = with_columns(("asunto", "dwelling"), ("turvakielto", "restricted"))
    dropped = shown(lang, **columns)
    assert dwelling in dropped
    assert alike not in dropped
    for change in ({HETU: ""}, {'artificial_hetu = "link"': 'near_equal_tokens = "kept"'}):
        kept = shown(lang, **columns, **change)
        assert dwelling in kept
        assert said(lang, "restricted_near_equal") in kept
        assert alike in kept


@pytest.mark.parametrize(
    ("lang", "token", "excepted", "few"),
    [
        (
            "fi",
            "ertailutunniste",
            "nimestä ja syntymäajasta yhdessä",
            "jättävät yhdistämättä monet tiedot, joista syntymäaika puuttuu",
        ),
        ("sv", "ämförelsetecken", "namn och födelsedatum tillsammans", "många poster utan födelsedatum osamkörda"),
        ("en", "atch token", "a name together with the birth date", "leave many records without a birth date unlinked"),
    ],
)
def test_the_page_says_which_match_tokens_are_left_out_and_where(lang: Language, token: str, excepted: str, few: str) -> None:
    matching = {"one_record_per_person = true": "one_record_per_person = true\nmatch_tokens = true"}
    one, both = shown(lang), shown(lang, **matching)
    codeless = shown(lang, **matching, **{HETU: ""})
    kept = shown(lang, **{'artificial_hetu = "link"': 'near_equal_tokens = "kept"'})
    none = shown(lang, **{"match_tokens = true": "match_tokens = false"})
    assert said(lang, "near_equal_dropped") in one
    assert said(lang, "near_equal_dropped", "Oppilaat, Asukkaat") in both
    assert said(lang, "near_equal_dropped", "Asukkaat") in codeless
    assert said(lang, "near_equal_codeless") in codeless
    assert said(lang, "near_equal_kept") in kept
    assert [excepted in text for text in (one, both, codeless, kept, none)] == [True, True, True, False, False]
    assert [few in text for text in (one, both, codeless, kept, none)] == [True, True, True, False, False]
    between = words(lang)["near_equal_between"]
    assert [between in text for text in (one, both, codeless, kept, none)] == [False, True, True, False, False]
    assert token not in none
    assert all(token in texts[lang] for key, texts in _texts().items() if key.startswith("near_equal") or key == "match_yes")


def test_one_word_for_the_match_token() -> None:
    everything = {lang: " ".join(words(lang).values()).lower() for lang in LANGUAGES}
    assert not re.search(r"(?<!vertailu)(?<!tietue)(?<!tutkimus)(?<!henkilö)tunnis(te|tei)\w*", everything["fi"])
    assert "kännetecken" not in everything["sv"]
    assert not re.search(r"(?<!match )token", everything["en"])


@pytest.mark.parametrize(
    ("lang", "exact", "noised", "zeros"),
    [
        ("fi", "Tarkkaa lukua ei näytetä, jos sen takana on alle 5", "lukumäärä voi olla pienempi, jopa nolla", "Tarkat nollat"),
        ("sv", "Ett exakt tal visas inte om det gäller färre än 5", "kan vara mindre, till och med noll", "Exakta nollor"),
        ("en", "An exact number is not shown if fewer than 5", "true count may be smaller, even zero", "Exact zeros"),
    ],
)
def test_of_counts_with_noise_the_noised_figure_is_what_is_hidden(lang: Language, exact: str, noised: str, zeros: str) -> None:
    kinds = {"EXACT": '["EXACT"]', "DP": '["DP"]', "both": '["EXACT", "DP"]'}
    texts = {name: shown(lang, **{'kinds = ["EXACT"]': f"kinds = {written}"}) for name, written in kinds.items()}
    for name, text in texts.items():
        assert (exact in text, zeros in text) == (name != "DP", name != "DP")
        assert (noised in text) == (name != "EXACT")


@pytest.mark.parametrize(
    ("lang", "percents", "one", "more"),
    [
        ("fi", "Jos osuus on yli 1 %, mitään", "vähintään yksi hyväksyntä)", "vähintään 2 hyväksyntää)"),
        ("sv", "Är andelen över 1 % lämnas", "minst ett godkännande)", "minst 2 godkännanden)"),
        ("en", "If it is above 1 %, nothing", "at least one approval)", "at least 2 approvals)"),
    ],
)
def test_shares_are_percents_and_one_approval_is_one(lang: Language, percents: str, one: str, more: str) -> None:
    text = shown(lang, **{'artificial_hetu = "link"': 'attack_ceiling = "0.010"'})
    assert percents in text
    assert one in text
    second = f'    {{ id = "stranger", name = "Second", roles = ["officer"], public_key = "{world.key_files()["stranger"][1]}" }},\n'
    officers = {"]\nlinkage": second + "]\nlinkage", "[[exception]]": "approvals = { officers = 2 }\n\n[[exception]]"}
    assert more in shown(lang, **officers)
    assert agreement_page._percents("0.125", lang) == ("12.5" if lang == "en" else "12,5")


def test_swedish_words_mean_what_the_others_mean() -> None:
    swedish = words("sv")
    assert "slumpmässiga löpnummer för posterna" in swedish["to_linker"]
    assert "postnummer" not in " ".join(swedish.values())
    assert (swedish["roles"], swedish["exception"]) == ("Roller", "Undantag från åtskillnaden av roller")


def test_what_parties_wrote_is_escaped() -> None:
    agreed = world.agreement(world.agreement_text(**{"To test": "<script>alert(1)</script>"}))
    assert "<script" not in agreement_page.html(page(agreed, "fi")).decode()


@pytest.mark.parametrize(
    ("epsilon", "factor"),
    [("0", "1.00"), ("1", "2.72"), ("0.5", "1.65"), ("12", "162754.80"), ("20", "10^9"), ("999999999", "10^434294482")],
)
def test_the_factor_is_rounded_up(epsilon: str, factor: str) -> None:
    assert agreement_page._factor(epsilon) == factor
