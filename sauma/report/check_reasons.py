"""What ``sauma check`` calls each fault, and what it tells a steward to do, in Finnish, Swedish and English."""

from __future__ import annotations

from typing import Final

from sauma.report.check_words import Said

REASONS: Final[Said] = {
    "missing": ("puuttuu", "saknas", "missing"),
    "wrong_length": ("väärän pituinen", "fel längd", "wrong length"),
    "partial": ("vain osa tunnuksesta", "bara en del av koden", "only part of the code"),
    "sign_missing": ("välimerkki puuttuu", "mellantecknet saknas", "sign missing"),
    "another_identifier": ("muu tunniste kuin henkilötunnus", "annan identifierare än personbeteckning", "another identifier"),
    "bad_sign": ("väärä välimerkki", "fel mellantecken", "wrong sign"),
    "bad_format": ("väärä muoto", "fel form", "wrong form"),
    "bad_date": ("mahdoton päivä", "omöjligt datum", "no such day"),
    "bad_number": ("mahdoton yksilönumero", "omöjligt individnummer", "no such individual number"),
    "bad_control": ("väärä tarkistusmerkki", "fel kontrolltecken", "wrong control character"),
    "future_birth": ("syntymä tulevaisuudessa", "födelse i framtiden", "birth in the future"),
    "too_old": ("yli 115 vuotta", "över 115 år", "over 115 years"),
    "not_an_integer": ("ei kokonaisluku", "inte ett heltal", "not a whole number"),
    "not_a_number": ("ei luku", "inte ett tal", "not a number"),
    "not_a_date": ("ei kelpaa päivämääräksi", "duger inte som datum", "not a date"),
    "not_in_codes": ("ei koodistossa", "inte i kodlistan", "not in the code list"),
    "too_small": ("liian pieni", "för litet", "too small"),
    "too_large": ("liian suuri", "för stort", "too large"),
    "too_long": ("liian pitkä", "för långt", "too long"),
    "mojibake": ("merkistövirhe (ä ja ö rikki)", "teckenfel (ä och ö förstörda)", "damaged letters"),
    "letters_lost": ("kirjaimia kadonnut (? tilalla)", "bokstäver har gått förlorade (? i stället)", "letters lost (? in their place)"),
    "no_letters": ("nimessä ei kirjaimia", "namn utan bokstäver", "a name without letters"),
    "digits_in_name": ("nimessä numeroita", "siffror i namnet", "digits in a name"),
    "no_digits": ("päivässä ei numeroita", "datum utan siffror", "a date without digits"),
    "two_digit_year": ("vuosi kahdella numerolla", "år med två siffror", "year of two digits"),
    "day_and_month_swapped": ("päivä ja kuukausi vaihtuneet", "dag och månad omkastade", "day and month swapped"),
    "time_zone": (
        "aikavyöhyke päivämäärässä (päivä voi olla väärä)",
        "tidszon i datumet (dagen kan vara fel)",
        "a time zone in the date (the day may be wrong)",
    ),
    "all_zeros": ("pelkkiä nollia (00000)", "bara nollor (00000)", "all zeros (00000)"),
    "not_five_digits": ("ei viisi numeroa", "inte fem siffror", "not five digits"),
    "nowhere_to_live": ("poste restante tai postilokero", "poste restante eller postbox", "poste restante or a box"),
    "no_number": ("ei puhelinnumero", "inte ett telefonnummer", "not a telephone number"),
    "spreadsheet_number": (
        "taulukkolaskenta tai ohjelma on muuttanut luvuksi (,0 tai E+11)",
        "ett kalkylblad eller program har gjort det till ett tal (,0 eller E+11)",
        "made a number by a spreadsheet or a program (.0 or E+11)",
    ),
    "code_of_several": (
        "sama tunnus, vähintään kolme eri syntymäaikaa",
        "samma beteckning, minst tre olika födelsedatum",
        "one code, three or more birth dates",
    ),
}
"""A reason the words do not know is shown as its code."""

FIXES: Final[Said] = {
    "code_missing": ("Henkilötunnus puuttuu", "Personbeteckningen saknas", "The personal identity code is missing"),
    "code_rejected": ("Henkilötunnus: {0}", "Personbeteckningen: {0}", "Personal identity code: {0}"),
    "code_artificial": ("Henkilötunnus on keinotekoinen", "Personbeteckningen är konstgjord", "The personal identity code is artificial"),
    "birth_year_differs": (
        "Tunnus ja syntymävuosi ristiriidassa",
        "Koden och födelseåret motsäger varandra",
        "Code and birth year contradict each other",
    ),
    "value_missing": ("{1} puuttuu", "{1} saknas", "{1}: missing"),
    "value_flawed": ("{1}: {0}", "{1}: {0}", "{1}: {0}"),
    "names_in_one_column": ("Etu- ja sukunimi samassa sarakkeessa", "För- och efternamn i samma kolumn", "Both names in one column"),
    "columns_shifted": (
        "Sarakkeet ovat siirtyneet osalla riveistä",
        "Kolumnerna har förskjutits på en del rader",
        "Columns have shifted in some rows",
    ),
    "row_kept_back": ("Rivi ei lähde: {0}", "Raden lämnas inte ut: {0}", "The row is kept back: {0}"),
    "duplicates": ("Sama henkilö kahdesti", "Samma person två gånger", "The same person twice"),
}
ADVICE: Final[Said] = {
    "code_missing": (
        "Hae tunnukset lähdejärjestelmästä tai asiakasrekisteristä.",
        "Hämta koderna ur källsystemet eller kundregistret.",
        "Fetch the codes from the source system or the client register.",
    ),
    "sign_missing": (
        "Pyydä lähdejärjestelmästä koko tunnus välimerkkeineen.",
        "Be källsystemet om hela koden med mellantecken.",
        "Ask the source system for the full code with its sign.",
    ),
    "partial": (
        "Pyydä lähdejärjestelmästä koko 11 merkin tunnus.",
        "Be källsystemet om hela koden med 11 tecken.",
        "Ask the source system for the whole code of 11 characters.",
    ),
    "another_identifier": (
        "Sarakkeessa on muita tunnisteita: tarkista, mikä kenttä poimittiin.",
        "Kolumnen har andra identifierare: kontrollera vilket fält som togs ut.",
        "The column holds other identifiers: check which field was taken.",
    ),
    "code_rejected": (
        "Tarkista kirjaukset; vertaa väestötietoihin.",
        "Kontrollera registreringarna; jämför med befolkningsdata.",
        "Check what was keyed; compare with population data.",
    ),
    "code_artificial": (
        "Vaihda tilapäinen tunnus oikeaan, kun se on tiedossa.",
        "Byt den tillfälliga koden mot den riktiga när den är känd.",
        "Replace the temporary code by the real one where it is known.",
    ),
    "birth_year_differs": (
        "Tarkista, onko rivillä toisen henkilön, vaikkapa huoltajan, tunnus.",
        "Kontrollera om raden har någon annans kod, till exempel en vårdnadshavares.",
        "Check whether the row carries somebody else's code, a guardian's for one.",
    ),
    "value_missing": (
        "Poimi tieto mukaan tai täydennä se lähdejärjestelmässä.",
        "Ta med uppgiften eller komplettera den i källsystemet.",
        "Include the value in the extract, or fill it in the source.",
    ),
    "mojibake": (
        "Tee aineisto uudelleen UTF-8-merkistöllä.",
        "Gör uttaget på nytt i UTF-8.",
        "Export again as UTF-8.",
    ),
    "letters_lost": (
        "Tee aineisto uudelleen UTF-8-merkistöllä; vanhat virheet korjataan lähdejärjestelmässä.",
        "Gör uttaget på nytt i UTF-8; gamla fel rättas i källsystemet.",
        "Export again as UTF-8; old damage is mended in the source.",
    ),
    "two_digit_year": (
        "Poimi päivämäärät nelinumeroisella vuodella.",
        "Ta ut datum med fyrsiffrigt år.",
        "Export dates with a year of four digits.",
    ),
    "day_and_month_swapped": (
        "Poimi päivämäärät muodossa vvvv-kk-pp.",
        "Ta ut datum i formen åååå-mm-dd.",
        "Export dates as yyyy-mm-dd.",
    ),
    "time_zone": (
        "Poimi syntymäaika Suomen päivänä muodossa vvvv-kk-pp, ilman kellonaikaa ja aikavyöhykettä.",
        "Ta ut födelsedatum som dagen i Finland i formen åååå-mm-dd, utan klockslag och tidszon.",
        "Export birth dates as the day in Finland, yyyy-mm-dd, without time of day or time zone.",
    ),
    "spreadsheet_number": (
        "Poimi puhelinnumerot uudelleen lähteestä ja tallenna sarake tekstinä, ei lukuna.",
        "Ta ut telefonnumren på nytt ur källan och spara kolumnen som text, inte som tal.",
        "Export telephone numbers again from the source, and store the column as text, not as a number.",
    ),
    "code_of_several": (
        "Tunnus on paikanpitäjä tai kopioitunut: hae kullekin oma tunnus tai jätä kenttä tyhjäksi.",
        "Koden är en platshållare eller har kopierats: hämta vars och ens egen kod eller lämna fältet tomt.",
        "The code is a placeholder or was copied: fetch each person's own code, or leave the field empty.",
    ),
    "value_flawed": (
        "Korjaa tieto lähdejärjestelmässä.",
        "Rätta uppgiften i källsystemet.",
        "Correct the value in the source.",
    ),
    "names_in_one_column": (
        "Poimi etunimet ja sukunimi omiin sarakkeisiinsa.",
        "Ta ut förnamn och efternamn i egna kolumner.",
        "Export given names and surname in columns of their own.",
    ),
    "columns_shifted": (
        "Etsi erotinmerkki tietojen sisältä; poimi lainausmerkein.",
        "Sök avgränsaren inne i uppgifterna; ta ut med citattecken.",
        "Look for the delimiter inside values; export with quotes.",
    ),
    "row_kept_back": (
        "Korjaa arvo tai pyydä muutosta sopimuksen sarakemäärittelyyn.",
        "Rätta värdet eller be om en ändring i avtalets kolumndefinition.",
        "Correct the value, or ask for the agreement's column to be amended.",
    ),
    "duplicates": (
        "Yhdistä kaksoiskappaleet lähdejärjestelmässä.",
        "Slå ihop dubbletterna i källsystemet.",
        "Merge the duplicates in the source.",
    ),
}
"""By reason where it has its own advice, else by kind of fix."""
