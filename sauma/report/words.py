"""The report's own words in Finnish, Swedish and English, and what a code is called.

Drafts for native readers to settle; terms follow docs/glossary where it has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyte.code_lists import title_of
from schemas.dimension import band_codes, pattern_codes

if TYPE_CHECKING:
    from sauma.report.page import Language
    from schemas.dimension import Dimension
    from schemas.register import Titles
    from schemas.request import Said

WORDS: dict[str, tuple[str, str, str]] = {
    "title": ("Hyvinvointiraportti", "Välfärdsrapport", "Wellbeing report"),
    "demonstration": (
        "Esittelyaineisto: kaikki henkilöt ovat keksittyjä.",
        "Demonstrationsmaterial: alla personer är påhittade.",
        "Demonstration: all people in it are invented.",
    ),
    "unchecked": (
        "Julkaisun kuulumista julkaisulokiin ei ole tarkistettu, koska loki ei ollut käytettävissä.",
        "Det har inte kontrollerats att publikationerna finns i loggen, eftersom loggen inte var tillgänglig.",
        "The releases were not checked against the ledger, because no ledger was at hand.",
    ),
    "checked": (
        "Jokainen luku kuuluu hyväksyttyyn julkaisuun, joka on julkaisulokissa.",
        "Varje siffra hör till en godkänd publikation som finns i loggen.",
        "Every figure belongs to an approved release that is in the ledger.",
    ),
    "contents": ("Sisältö", "Innehåll", "Contents"),
    "marks": ("Merkit", "Märken", "Marks"),
    "mark": ("Merkki", "Märke", "Mark"),
    "meaning": ("Merkitys", "Betydelse", "Meaning"),
    "suppressed": ("suojattu", "skyddad", "protected"),
    "suppressed_long": (
        "suojattu: luku on pieni tai paljastaisi pienen luvun",
        "skyddad: talet är litet eller skulle avslöja ett litet tal",
        "protected: the number is small, or would give a small one away",
    ),
    "not_collected": ("ei kerätty", "inte insamlad", "not collected"),
    "not_collected_long": ("tietoa ei ole kerätty", "uppgiften har inte samlats in", "this was not collected"),
    "zero_long": ("nolla: yhtään ei ole", "noll: det finns ingen", "zero: there is none"),
    "zero_noised_long": (
        "nolla satunnaistetussa taulukossa: lukumäärä on nolla tai lähellä sitä",
        "noll i en tabell med brus: antalet är noll eller nära noll",
        "zero in a table with noise: the count is zero or close to it",
    ),
    "exact": ("tarkat luvut", "exakta tal", "exact counts"),
    "noised": ("satunnaistetut luvut", "tal med brus", "counts with noise"),
    "exact_long": (
        "Lukuja ei ole muutettu. Pienet luvut ja ne luvut, joista pienet voisi laskea, on suojattu.",
        "Talen är oförändrade. Små tal, och de tal som små tal kunde räknas ut av, är skyddade.",
        "Numbers are unchanged. Small ones, and those that small ones could be computed from, are protected.",
    ),
    "noised_long": (
        "Lukuihin on lisätty satunnaisuutta, jotta kenenkään mukanaolo ei näy. Suluissa 95 prosentin väli. Yksityisyyskulu ε =",
        "Slumpmässigt brus har lagts till så att ingens medverkan syns. Inom parentes 95 procents intervall. Integritetskostnad ε =",
        "Random noise was added so that nobody's presence shows. In brackets the 95 per cent interval. Privacy cost ε =",
    ),
    "interval_long": (
        (
            "Väli kattaa vain lisätyn satunnaisuuden: ei yhdistämättä jääneitä tai väärin yhdistettyjä eikä rekisterien virheitä. "
            "Luku, jonka väli alkaa nollasta, ei osoita, että ketään on: satunnaisuus nostaa näkyviin tyhjiäkin soluja."
        ),
        (
            "Intervallet täcker endast det tillagda bruset: inte länkar som saknas eller är felaktiga och inte fel i registren. "
            "Ett tal vars intervall börjar vid noll visar inte att det finns någon: bruset lyfter fram även tomma celler."
        ),
        (
            "The interval covers the added noise only: neither links that are missing or wrong nor errors of the registers. "
            "A figure whose interval begins at zero does not show that there is anybody: noise brings up empty cells too."
        ),
    ),
    "rules": ("Säännöt", "Regler", "Rules"),
    "only_those": ("vain ne, joista", "endast de för vilka", "only those for whom"),
    "remarks": ("Lukijalle", "Till läsaren", "To the reader"),
    "person": ("henkilöt", "personer", "persons"),
    "family": ("perheet", "familjer", "families"),
    "dwelling": ("asuntoperheet", "bostadsfamiljer", "dwelling families"),
    "guardianship": ("huoltajuusperheet", "vårdnadsfamiljer", "guardianship families"),
    "guardianship_dwelling": (
        "huoltajat ja lapset samassa asunnossa",
        "vårdnadshavare och barn i samma bostad",
        "guardians and children in one dwelling",
    ),
    "service": ("palvelun ilmoittamat perheet", "familjer enligt tjänsten", "families as a service declares them"),
    "dwelling_long": (
        "Samassa asunnossa asuvat, joita yhdistää puolisuus tai huoltajuus; enintään kaksi sukupolvea.",
        "De som bor i samma bostad och förenas av partnerskap eller vårdnad; högst två generationer.",
        "Those in one dwelling who are joined by partnership or guardianship; two generations at most.",
    ),
    "guardianship_long": (
        "Lapset, joilla on samat huoltajat, ja nämä huoltajat, asuivatpa missä tahansa: huoltaja voi kuulua useaan perheeseen.",
        "Barn med samma vårdnadshavare och dessa vårdnadshavare, var de än bor: en vårdnadshavare kan höra till flera familjer.",
        "Children with the same guardians, and those guardians, wherever they live: a guardian can be in several families.",
    ),
    "guardianship_dwelling_long": (
        "Samassa asunnossa asuvat, joita yhdistää lapsen ja huoltajan suhde.",
        "De som bor i samma bostad och förenas av relationen mellan barn och vårdnadshavare.",
        "Those in one dwelling whom relations of child and guardian connect.",
    ),
    "service_long": (
        "Lapsen palvelussa ilmoitettu perheenpää, tämän puoliso ja lapset: perhe on olemassa vain, jos jokin palvelu ilmoittaa sen.",
        "Familjens huvudman enligt barnets tjänst, dennes partner och barnen: familjen finns endast om en tjänst anger den.",
        "The head whom a child's service names, the head's partner and the children: there is one only where a service declares it.",
    ),
    "definition": ("Perheen määritelmä", "Definition av familj", "Definition of a family"),
    "definitions": ("Perheet määritelmittäin", "Familjer efter definition", "Families by definition"),
    "sensitivity": (
        "Sama kysymys eri perhemääritelmillä",
        "Samma fråga med olika definitioner av familj",
        "The same question by each definition of a family",
    ),
    "sensitivity_long": (
        "Vain perheen määritelmä vaihtuu. Jos luvut eroavat enemmän kuin suluissa olevat välit, päätös riippuu määritelmästä.",
        "Endast definitionen av familj växlar. Skiljer sig talen mer än intervallen inom parentes, beror beslutet på definitionen.",
        "Only what a family is changes. Where numbers differ by more than the intervals in brackets, the decision hangs on it.",
    ),
    "count": ("Lukumäärä", "Antal", "Count"),
    "and": ("ja", "och", "and"),
    "only": ("vain", "endast", "only"),
    "undefined": ("ei ketään, josta laskea", "ingen att räkna av", "nobody to compute it from"),
    "co_use": ("Palvelut pareittain", "Tjänster två och två", "Services two by two"),
    "co_use_long": (
        "Lävistäjällä palvelun kaikki käyttäjät, muualla molempien käyttäjät.",
        "På diagonalen alla som använder tjänsten, annars de som använder båda.",
        "On the diagonal all who use the service, elsewhere those who use both.",
    ),
    "share_long": (
        "Osuus, laskettu taulukon luvuista",
        "Andel, räknad ur tabellens tal",
        "A share, computed from the counts of the table",
    ),
    "rate_long": ("Suhteutettuna lukuun", "I förhållande till", "In proportion to"),
    "mean_long": (
        "Keskiarvo: satunnaistettu summa jaettuna satunnaistetulla lukumäärällä",
        "Medelvärde: summa med brus delad med antal med brus",
        "A mean: the noisy sum by the noisy count",
    ),
    "sum_long": ("Summa; yhden arvo rajattu välille", "Summa; envars värde begränsat till", "A sum; each value limited to"),
    "source": ("Lähde", "Källa", "Source"),
    "lists": ("Luokitukset", "Klassificeringar", "Code lists"),
    "valid": ("voimassa", "gäller", "valid"),
    "onwards": ("toistaiseksi", "tills vidare", "until further notice"),
    "counted": ("Laskettu", "Räknat", "Counted"),
    "protection": ("Suojaus", "Skydd", "Protection"),
    "hidden": ("Suojattuja soluja", "Skyddade celler", "Protected cells"),
    "of": ("/", "/", "of"),
    "attack": ("Hyökkäystesti", "Angreppstest", "Attack test"),
    "safe": ("läpäisty", "klarat", "passed"),
    "unsafe": ("ei läpäisty", "inte klarat", "not passed"),
    "purpose": ("Tarkoitus", "Syfte", "Purpose"),
    "decision": ("Päätös, jota tieto palvelee", "Beslut som uppgiften tjänar", "Decision it serves"),
    "audience": ("Kohderyhmä", "Målgrupp", "Audience"),
    "internal": ("sisäinen käyttö", "internt bruk", "internal use"),
    "public": ("julkinen", "offentlig", "public"),
    "made_on": ("Laadittu", "Utarbetad", "Made on"),
    "release": ("Julkaisun tiiviste", "Publikationens kontrollsumma", "Digest of the release"),
    "notes": ("Huomautukset", "Anmärkningar", "Notes"),
    "chart": ("Kuvio", "Diagram", "Chart"),
    "chart_long": (
        "Samat luvut ovat alla olevassa taulukossa.",
        "Samma tal finns i tabellen nedan.",
        "The same numbers are in the table below.",
    ),
    "verify": ("Näin tarkistat", "Så här kontrollerar du", "How to check this"),
    "verify_long": (
        "Kansiot ovat omalla koneellasi olevia kopioita julkaisuista ja lokista.",
        "Mapparna är dina egna kopior av publikationerna och loggen.",
        "The folders are your own copies of the releases and of the ledger.",
    ),
    "verify_release": (
        "Jokainen julkaisun tiedosto on se, joka hyväksyttiin",
        "Varje fil är den som godkändes",
        "Every file is what was approved",
    ),
    "verify_page": (
        "Tämä sivu uudelleen niistä julkaisuista, jotka ovat lokissa",
        "Denna sida på nytt av de publikationer som finns i loggen",
        "This page again, of releases that are in the ledger",
    ),
    "verify_ledger": (
        "Lokin allekirjoitukset ja säännöt; ei lue julkaisun tiedostoja",
        "Loggens underskrifter och regler; läser inte publikationens filer",
        "The ledger's signatures and rules; it does not read a release's files",
    ),
    "folder": ("JULKAISU", "PUBLIKATION", "RELEASE"),
    "ledger": ("LOKI", "LOGG", "LEDGER"),
}


def words(lang: Language) -> dict[str, str]:
    """All of the report's words in *lang*."""
    place = ("fi", "sv", "en").index(lang)
    return {key: texts[place] for key, texts in WORDS.items()}


def said(titles: Titles, lang: Language) -> str:
    """*titles* in *lang*, or in Finnish where they lack it."""
    return getattr(titles, lang) or titles.fi


@dataclass(frozen=True, slots=True)
class Worded:
    """A text of the request, and its language where it is known to be another than the page's."""

    text: str
    lang: str = ""


def worded(wording: Said, lang: Language) -> Worded:
    """*wording* in *lang*, else in a language that it has; nobody said what language a plain text is in."""
    if isinstance(wording, str):
        return Worded(wording)
    found = next(known for known in (lang, "fi", "sv", "en") if getattr(wording, known))
    return Worded(getattr(wording, found), "" if found == lang else found)


def label(dimension: Dimension, code: str, lang: Language) -> str:
    """What *code* is called: the request's own label, else an official list's, else the code itself."""
    titles = dimension.labels.get(code)
    if titles is None and dimension.services:
        return _co_use(dimension, code, lang)
    titles = titles or title_of(dimension.name, code)
    for level in dimension.levels:
        titles = titles or title_of(level.name, code)
    if titles is None and code in band_codes(dimension.bands):
        return code.replace("-", "\N{EN DASH}")
    return said(titles, lang) if titles is not None else code


def _co_use(dimension: Dimension, code: str, lang: Language) -> str:
    """A service by its title, a pair by both, a pattern by all that is in it."""
    text = words(lang)
    by_id = {service.id: said(service.title, lang) for service in dimension.services}
    if all(part in by_id for part in code.split("+")):
        return f" {text['and']} ".join(by_id[part] for part in code.split("+"))
    if code in pattern_codes(dimension.services)[1:]:
        used = [said(dimension.services[int(number) - 1].title, lang) for number in code.removeprefix("s").split(".")]
        return f"{text['only']} {', '.join(used)}"
    reserved = title_of("", code)
    return said(reserved, lang) if reserved is not None else code
