"""The words of ``sauma check`` in Finnish, Swedish and English: headings, what was found, and what to do about it.

Drafts for native readers to settle.  Every sentence can be written in cp1252; ``{}`` is filled by position.
"""

from __future__ import annotations

from typing import Final

from sauma.report import words as report_words

Said = dict[str, tuple[str, str, str]]

PAGE: Final[Said] = {
    "title": ("Aineiston tarkistus", "Kontroll av uttaget", "Quality of the extract"),
    "counts": ("{} riviä, {} henkilöä.", "{} rader, {} personer.", "{} rows, {} persons."),
    "expected": (
        "Henkilöistä arviolta {} % löytyy toisesta rekisteristä, jos he ovat siinä.",
        "Uppskattningsvis {} % av personerna hittas i ett annat register, om de finns där.",
        "About {} % of the persons can be expected to be found in another register, if they are in it.",
    ),
    "not_expected": (
        "Henkilöitä on liian vähän arvioon siitä, kuinka moni yhdistyy.",
        "Personerna är för få för att uppskatta hur många som kan kopplas.",
        "There are too few persons to say how many can be linked.",
    ),
    "kept_back": ("Rivejä, jotka eivät lähde: {}.", "Rader som inte lämnar er: {}.", "Rows that will not leave: {}."),
    "all_leave": ("Kaikki rivit voivat lähteä.", "Alla rader kan lämnas ut.", "Every row can leave."),
    "privacy": (
        "Sivulla ei ole yhtään aineiston arvoa. Luvut on pyöristetty alaspäin {}:n monikertaan; alle {} näkyy muodossa <{}.",
        "Sidan visar inget värde ur uttaget. Talen är avrundade nedåt till en multipel av {}; under {} visas som <{}.",
        "No value of the extract is shown. Numbers are rounded down to a multiple of {}; below {} they read <{}.",
    ),
    "zero_hidden": (
        "Aineisto on niin pieni, että myös nolla näkyy muodossa <{}.",
        "Uttaget är så litet att även noll visas som <{}.",
        "The extract is so small that none also reads <{}.",
    ),
    "demonstration": report_words.WORDS["demonstration"],
    "encoded": (
        "Sopimus sallii lisäksi rekisterin CLK-koodaukset (sauma encode), joista useimmat ihmiset voidaan tunnistaa uudelleen.",
        "Avtalet tillåter dessutom CLK-kodningar av registret (sauma encode), ur vilka de flesta kan återidentifieras.",
        "Besides, the agreement allows CLK encodings of the register (sauma encode), from which most people can be re-identified.",
    ),
    "unlike": (
        "{} % lähtevistä henkilöistä on ainoita, joilla on juuri nämä lähtevät tiedot: tietojen saaja voi tunnistaa heidät.",
        "{} % av personerna är ensamma om just de uppgifter som lämnas ut: mottagaren kan känna igen dem.",
        "{} % of the persons are alone in having just what leaves of them: whoever gets it may recognise them.",
    ),
    "unlike_less": ("Eniten auttaisi: {}, jolloin {}.", "Mest skulle hjälpa: {}, då {}.", "What would help most: {}, then {}."),
    "unlike_none": (
        "Minkään yhden sarakkeen muuttaminen ei riitä.",
        "Det räcker inte att ändra någon enskild kolumn.",
        "Changing one column is not enough.",
    ),
    "unlike_share": ("erottuu muista siinä, mikä lähtee", "skiljer sig i det som lämnas ut", "stand out in what leaves"),
    "gain": ("{} henkilöä, yhdistyviä rivejä lisää: {}", "{} personer, fler kopplade rader: {}", "{} persons, more linked rows: {}"),
    "likely": ("löytyy toisesta rekisteristä", "hittas i ett annat register", "found in another register"),
    "in_extract": ("henkilöä aineistossa", "personer i uttaget", "persons in the extract"),
    "staying": ("riviä ei lähde", "rader lämnas inte ut", "rows will not leave"),
    "chart": report_words.WORDS["chart"],
    "numbers": ("Luvut taulukkona", "Talen som tabell", "The numbers as a table"),
    "next_word": ("seuraavaksi", "därefter", "next"),
    "next": ("Seuraavaksi", "Därefter", "Next"),
    "next_ready": ("Aineiston voi pseudonymisoida:", "Uttaget kan pseudonymiseras:", "The extract can be pseudonymised:"),
    "next_after": (
        "Korjaa lähdejärjestelmässä, tee uusi aineisto ja aja sama tarkistus. Kun tulos riittää:",
        "Rätta i källsystemet, gör ett nytt uttag och kör samma kontroll. När resultatet duger:",
        "Mend the source, make a new extract and run this check again. When the result will do:",
    ),
    "contents": report_words.WORDS["contents"],
    "window": ("Sovittu ajanjakso {}-{}.", "Överenskommen period {}-{}.", "Agreed window {} to {}."),
    "none_found": ("Ei huomautettavaa.", "Inget att anmärka.", "Nothing to remark."),
}
HEADINGS: Final[Said] = {
    "fixes": ("Korjaa nämä ensin", "Rätta detta först", "Mend these first"),
    "linkability": ("Kuinka moni yhdistyy", "Hur många som kan kopplas", "How many can be linked"),
    "columns": ("Sarakkeet", "Kolumner", "Columns"),
    "codes": ("Henkilötunnukset", "Personbeteckningar", "Personal identity codes"),
    "persons": ("Henkilöt ja ristiriidat", "Personer och motsägelser", "Persons and contradictions"),
    "coverage": ("Ajallinen kattavuus", "Täckning i tid", "Coverage in time"),
    "uniqueness": ("Erottuuko joku joukosta", "Går någon att urskilja", "Does anybody stand out"),
    "likeness": ("Samankaltaiset henkilöt", "Personer som liknar varandra", "People who look alike"),
    "method": ("Miten luvut on laskettu", "Hur talen räknats", "How the numbers are made"),
}
LEADS: Final[Said] = {
    "fixes": (
        "Lähdejärjestelmässä tehtävät korjaukset, eniten hyötyä ensin. Hyöty: kuinka moni rivi lisää yhdistyisi.",
        "Rättelser i källsystemet, störst nytta först. Nyttan: hur många fler rader som kunde kopplas.",
        "What to mend in the source, most gain first. The gain: how many more rows could be linked.",
    ),
    "no_fixes": (
        "Mikään korjaus ei lisäisi yhdistyviä rivejä. Aineisto on tältä osin kunnossa.",
        "Ingen rättelse skulle ge fler kopplade rader. Uttaget är i skick till den delen.",
        "Nothing to mend would link more rows. The extract is in order in this respect.",
    ),
    "linkability": (
        "Kukin lähtevä henkilö kuuluu parhaaseen luokkaan, johon hänen tietonsa riittävät.",
        "Varje person som lämnas ut hör till den bästa klass som uppgifterna räcker till.",
        "Each person who leaves is in the best class that his or her data allow.",
    ),
    "columns": (
        "Täyttöaste, erilaisten arvojen määrä luokkana, ja rivit joissa on vikaa.",
        "Fyllnadsgrad, antal olika värden som klass, och rader med fel.",
        "How full, how many distinct values as a band, and rows with a fault.",
    ),
    "codes": (
        "Miksi tunnus ei kelpaa. Tunnuksia ei koskaan arvata eikä täydennetä.",
        "Varför en beteckning inte duger. Beteckningar gissas eller kompletteras aldrig.",
        "Why a code cannot be used. Codes are never guessed or completed.",
    ),
    "persons": (
        "Vain tiedon laadun tarkistuksia: sukupuolta ei päätellä tunnuksesta.",
        "Endast kontroller av kvaliteten: kön härleds aldrig ur beteckningen.",
        "Checks of quality only: sex is never taken from a code.",
    ),
    "coverage": (
        "Päivämääräsarakkeet sovittua ajanjaksoa vasten. Ohut kausi: alle puolet tavallisesta.",
        "Datumkolumnerna mot den överenskomna perioden. Tunn period: under hälften av den vanliga.",
        "The columns of dates against the agreed window. Thin: less than half of the usual.",
    ),
    "no_coverage": (
        "Rekisterissä ei ole tapahtumien päivämääriä, joten ajanjaksoa ei voi tarkistaa.",
        "Registret har inga händelsedatum, så perioden kan inte kontrolleras.",
        "The register has no dates of events, so the window cannot be checked.",
    ),
    "uniqueness": (
        "Lähtevät sarakkeet yhdessä: kuinka moni henkilö on niissä yksin tai lähes yksin.",
        "De kolumner som lämnas ut tillsammans: hur många personer som är ensamma eller nästan ensamma.",
        "All leaving columns together: how many persons are alone in them, or nearly so.",
    ),
    "no_uniqueness": ("Mitään saraketta ei lähde.", "Ingen kolumn lämnas ut.", "No column leaves."),
    "likeness": (
        "Kuinka moni jakaa vähintään yhden yhdistämistunnisteen toisen kanssa. Yhdistäjä näkee tämän verkon, ei nimiä.",
        "Hur många som delar minst ett kopplingstecken med någon annan. Kopplaren ser detta nät, inga namn.",
        "How many share a match token with somebody else. The linker sees this graph, and no names.",
    ),
    "no_likeness": (
        "Rekisteristä ei lähde yhdistämistunnisteita nimistä.",
        "Inga kopplingstecken av namn lämnar registret.",
        "No match tokens of names leave this register.",
    ),
    "method_gain": (
        "Hyöty = yhdistymisen todennäköisyys korjauksen jälkeen miinus nyt, summana riveistä; rivi, joka ei lähde, ei nyt yhdisty.",
        "Nytta = sannolikheten att kopplas efter rättelsen minus nu, summan av raderna; en rad som inte lämnas ut kopplas inte nu.",
        "Gain = the chance of being linked after the fix less the chance now, summed over rows; a row kept back has none now.",
    ),
    "method_chance": (
        "Todennäköisyydet on mitattu FEBRL 4 -koeaineistosta; tunnus oletetaan oikeaksi ja puhelimen luku on oletus.",
        "Sannolikheterna är uppmätta på testmaterialet FEBRL 4; koden antas rätt och telefonens tal är ett antagande.",
        "The chances were measured on the FEBRL 4 test data; a code is taken to be right, the telephone's is assumed.",
    ),
    "method_rounding": (
        "Osuudet lasketaan pyöristetyistä luvuista. Pyöristys karkenee, jos jonkin pienen luvun voisi muuten laskea muista.",
        "Andelarna räknas av de avrundade talen. Avrundningen blir grövre om ett litet tal annars kunde räknas fram.",
        "Shares are made of the rounded numbers. Rounding grows coarser where a small number could be worked out from others.",
    ),
    "method_lists": (
        "Kieltolista ja turvakiellot eivät vaikuta lukuihin. Muuttuneet tunnukset näkyvät vain, jos niitä on tarpeeksi.",
        "Spärrlistan och spärrmarkeringarna påverkar inga tal. Ändrade koder syns endast om de är tillräckligt många.",
        "The opt-out list and restrictions change no number. Changed codes show only where there are enough of them.",
    ),
}
HEADS: Final[Said] = {
    "fix": ("Mitä korjataan", "Vad som rättas", "What to mend"),
    "advice": ("Miten", "Hur", "How"),
    "column": ("Sarake", "Kolumn", "Column"),
    "concerned": ("Henkilöitä", "Personer", "Persons"),
    "gain": ("Rivejä yhdistyy lisää", "Fler kopplade rader", "More linked rows"),
    "filled": ("Täynnä", "Ifylld", "Filled"),
    "empty": ("Tyhjiä", "Tomma", "Empty"),
    "distinct": ("Eri arvoja", "Olika värden", "Distinct"),
    "faults": ("Vikoja (rivejä)", "Fel (rader)", "Faults (rows)"),
    "leaves": ("Lähtee", "Lämnas", "Leaves"),
    "holds": ("Mitä tietoja henkilöillä on", "Vilka uppgifter personerna har", "What the persons' data hold"),
    "finding": ("Havainto", "Iakttagelse", "Finding"),
    "count": ("Määrä", "Antal", "Count"),
    "rows": ("Rivejä", "Rader", "Rows"),
    "persons": ("Henkilöitä", "Personer", "Persons"),
    "share": ("Osuus", "Andel", "Share"),
    "class": ("Mikä yhdistää", "Vad som kopplar", "What links"),
    "chance": ("Todennäköisyys", "Sannolikhet", "Chance"),
    "period": ("Kausi", "Period", "Period"),
    "mark": ("Huom.", "Anm.", "Note"),
    "change": ("Muutos", "Ändring", "Change"),
    "alone": ("Yksin", "Ensamma", "Alone"),
    "few": ("2-4 samanlaista", "2-4 lika", "2-4 alike"),
    "group": ("Ryhmä", "Grupp", "Group"),
    "none": ("Ei kenenkään", "Med ingen", "With none"),
    "one": ("Yhden", "Med en", "With one"),
    "two_to_four": ("2-4:n", "Med 2-4", "With 2-4"),
    "five_or_more": ("5+", "5+", "5+"),
}
CLASSES: Final[Said] = {
    "code": ("Kelvollinen henkilötunnus", "Giltig personbeteckning", "A valid personal identity code"),
    "names_birth_date_address": ("Nimet, syntymäaika ja osoite", "Namn, födelsedatum och adress", "Names, birth date and address"),
    "names_birth_date": ("Nimet ja syntymäaika", "Namn och födelsedatum", "Names and birth date"),
    "birth_date_address": ("Syntymäaika ja osoite", "Födelsedatum och adress", "Birth date and address"),
    "names_address": ("Nimet ja osoite", "Namn och adress", "Names and address"),
    "name_phone": ("Etunimi ja puhelin", "Förnamn och telefon", "Given name and telephone"),
    "contradictory": (
        "Tunnus ja syntymävuosi ristiriidassa",
        "Koden och födelseåret motsäger varandra",
        "Code and birth year contradict each other",
    ),
    "nothing": ("Ei mikään", "Ingenting", "Nothing"),
}
HOLDINGS: Final[Said] = {
    "code": ("Kelvollinen henkilötunnus", "Giltig personbeteckning", "A valid personal identity code"),
    "names": ("Etu- ja sukunimi", "För- och efternamn", "Given name and surname"),
    "birth_date": ("Syntymäaika", "Födelsedatum", "Birth date"),
    "names_and_birth_date": ("Nimet ja syntymäaika", "Namn och födelsedatum", "Names and birth date"),
    "address": ("Postinumero tai katu", "Postnummer eller gata", "Postcode or street"),
    "phone": ("Puhelinnumero", "Telefonnummer", "Telephone number"),
}
MEANINGS: Final[Said] = {
    "given_names": ("Etunimet", "Förnamn", "Given names"),
    "surname": ("Sukunimi", "Efternamn", "Surname"),
    "birth_date": ("Syntymäaika", "Födelsedatum", "Birth date"),
    "postcode": ("Postinumero", "Postnummer", "Postcode"),
    "street": ("Katu", "Gata", "Street"),
    "phone": ("Puhelinnumero", "Telefonnummer", "Telephone number"),
}
FORMS: Final[Said] = {
    "never": ("ei lähde", "lämnas inte", "never"),
    "as_is": ("sellaisenaan", "som sådan", "as it is"),
    "year": ("vuotena", "som år", "as a year"),
    "month": ("kuukautena", "som månad", "as a month"),
    "prefix_2": ("2 merkkiä", "2 tecken", "2 characters"),
    "prefix_3": ("3 merkkiä", "3 tecken", "3 characters"),
    "band_5": ("5:n luokkina", "i klasser om 5", "in bands of 5"),
}
OTHERS: Final[Said] = {
    "artificial": ("keinotekoisia (900-999)", "konstgjorda (900-999)", "artificial (900-999)"),
    "changed": ("muuttuneita", "ändrade", "changed since"),
    "of_several": (
        "sama tunnus, vähintään kolme eri syntymäaikaa",
        "samma beteckning, minst tre olika födelsedatum",
        "one code, three or more birth dates",
    ),
    "birth_year_differs": ("Syntymävuosi eri kuin tunnuksessa", "Födelseåret ett annat än kodens", "Birth year is not the code's"),
    "birth_day_differs": ("Syntymäpäivä eri kuin tunnuksessa", "Födelsedagen en annan än kodens", "Birth day is not the code's"),
    "sex_differs": ("Sukupuoli eri kuin tunnuksessa", "Könet ett annat än kodens", "Sex is not the code's"),
    "repeated_rows": ("Saman henkilön lisärivejä", "Fler rader av samma person", "Further rows of a person"),
    "possible_duplicates": (
        "Mahdollisia kaksoiskappaleita (nimet ja syntymäaika samat)",
        "Möjliga dubbletter (samma namn och födelsedatum)",
        "Possible duplicates (same names and birth date)",
    ),
    "lost": ("Henkilöitä, joista ei lähde mitään", "Personer som helt faller bort", "Persons of whom nothing leaves"),
    "before": ("ennen ajanjaksoa", "före perioden", "before the window"),
    "after": ("ajanjakson jälkeen", "efter perioden", "after the window"),
    "undated": ("ilman päivämäärää", "utan datum", "without a date"),
    "ok": ("", "", ""),
    "thin": ("ohut", "tunn", "thin"),
    "since": (
        "Sarake kertoo, mistä alkaen; aukot eivät ole vika.",
        "Kolumnen säger sedan när; luckor är inget fel.",
        "The column tells since when; gaps are no fault.",
    ),
    "padded": (
        "{}: alkunollat puuttuvat, rivejä {}. Ne luetaan nollineen (2600 on 02600).",
        "{}: inledande nollor saknas, rader {}. De läses med nollorna (2600 är 02600).",
        "{}: leading zeros are missing, rows {}. They are read with them (2600 is 02600).",
    ),
    "all_restricted": (
        "{}: yksikään arvo ei kerro, ettei turvakieltoa ole, joten se luetaan kaikille eikä kenenkään osoitetta käytetä.",
        "{}: inget värde säger nej, så alla läses som spärrmarkerade och ingens adress används.",
        "{}: no value says no, so everybody is read as restricted and nobody's address is used.",
    ),
    "unrestricted": (
        "Jos turvakieltoa ei ole, kirjoita {} tai jätä tyhjäksi.",
        "Där spärrmarkering saknas skriver man {} eller ingenting.",
        "Where there is no restriction of disclosure, write {} or leave it empty.",
    ),
    "no_window": (
        "Harjoituksessa ei ole sovittua ajanjaksoa: alun ja lopun tyhjät kaudet eivät ole aukkoja.",
        "En övning har ingen överenskommen period: tomma perioder i början och slutet är inga luckor.",
        "A rehearsal has no agreed window: empty periods at its ends are no gaps.",
    ),
    "too_few": (
        "Rivejä on liian vähän kausittain näytettäviksi.",
        "Raderna är för få för att visas per period.",
        "There are too few rows to show by period.",
    ),
    "gaps": ("Tyhjiä kausia", "Tomma perioder", "Empty periods"),
    "thins": ("Ohuita kausia", "Tunna perioder", "Thin periods"),
    "no_gaps": ("Ei aukkoja eikä ohuita kausia.", "Inga luckor eller tunna perioder.", "No gaps, no thin periods."),
    "all": ("Kaikki lähtevät", "Alla som lämnas ut", "All who leave"),
    "born_1_january": ("Syntynyt 1.1.", "Född 1.1", "Born on 1 January"),
    "born_on_another_day": ("Syntynyt muuna päivänä", "Född en annan dag", "Born on another day"),
    "empty_period": ("tyhjä", "tom", "empty"),
    "now": ("Nyt", "Nu", "As now"),
    "without": ("ilman saraketta {}", "utan kolumnen {}", "without {}"),
    "coarser": ("{} {}", "{} {}", "{} {}"),
    "smallest": ("Pienin joukko samanlaisia", "Minsta grupp av lika", "Smallest group of equals"),
    "rows_column": ("{}: rivejä kaudessa", "{}: rader per period", "{}: rows by period"),
    "outside": ("Ajanjakson ulkopuolella", "Utanför perioden", "Outside the window"),
    "restricted": ("ei näytetä", "visas inte", "not shown"),
}
