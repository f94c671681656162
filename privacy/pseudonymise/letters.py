"""Letter tables of the name normaliser, ``normalise/v1``.  Frozen: a change makes old and new packages incomparable.

Sources: Unicode (what NFD leaves whole), SFS 4900 for Cyrillic (without carons), DVV's character set for Saami letters,
passport machine-readable zone for AE/OE/AA.  The transliteration list holds spellings of one name that Finnish
registers are known to mix (DOMAIN facts section 6); it is short on purpose.
"""

from __future__ import annotations

from typing import Final

DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
APOSTROPHES: Final = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2018\u2019\u201a\u201b\u2032\uff07"

PARTICLES: Final = frozenset((
    "af", "al", "av", "bin", "bint", "da", "de", "del", "della", "den", "der", "des", "di", "dos", "du", "el", "ibn", "la",
    "le", "ten", "ter", "van", "von", "zu", "zum", "zur",
))  # fmt: skip
"""Name particles: part of the surname in writing, often left out or moved."""

UNDECOMPOSED: Final = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t",
    "ǥ": "g", "ʒ": "z", "ə": "a", "ß": "ss", "ĸ": "k",
}  # fmt: skip
"""Latin letters that canonical decomposition leaves whole."""

CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "jo", "ж": "zh", "з": "z", "и": "i", "й": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "tsh", "ш": "sh", "щ": "shtsh", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "ju",
    "я": "ja", "є": "je", "і": "i", "ї": "ji", "ґ": "g",
}  # fmt: skip

SPELLINGS: Final = {
    spelling: names[0]
    for names in (
        ["mohamed", "mohammed", "mohamad", "mohammad", "muhamed", "muhammed", "muhamad", "muhammad", "mahamed", "maxamed"],
        ["abdi", "cabdi"],
        ["ali", "cali"],
        ["omar", "umar", "cumar"],
        ["osman", "usman", "cusman"],
        ["abdullahi", "cabdullahi", "abdullah", "abdallah", "cabdalla", "abdulla"],
        ["abdirahman", "cabdiraxman", "abdurahman", "abdulrahman", "abdurrahman"],
        ["hussein", "husein", "hussain", "husain", "xuseen", "huseyin"],
        ["hassan", "hasan", "xasan"],
        ["ahmed", "ahmad", "axmed", "ahmet"],
        ["yusuf", "yusuuf", "yousef", "yousuf", "jusuf", "youssef"],
        ["fatima", "faduma", "fadumo", "fatuma", "fatma"],
        ["khadija", "khadijo", "qadiijo", "hadija", "khadidja"],
        ["aisha", "caasha", "asha", "ayesha", "aysha"],
        ["ibrahim", "ibraahim", "ebrahim"],
        ["aleksandr", "alexander", "aleksander", "alexandr", "aleksanteri"],
        ["aleksandra", "alexandra"],
        ["sergei", "sergey", "sergej", "serguei"],
        ["andrei", "andrey", "andrej"],
        ["aleksei", "alexey", "alexei", "aleksey"],
        ["dmitri", "dmitry", "dmitrij", "dimitri", "dmitrii"],
        ["julia", "yulia", "julija", "iulia", "yuliya"],
        ["natalia", "natalya", "natalja", "nataliya", "natalija"],
        ["tatiana", "tatyana", "tatjana"],
        ["ekaterina", "jekaterina", "yekaterina"],
        ["jevgeni", "evgeni", "yevgeny", "evgeny", "jevgenij", "evgenii"],
        ["jevgenia", "evgenia", "evgeniya", "yevgeniya", "evgenija", "evgeniia"],
        ["jelena", "elena", "yelena", "ielena"],
        ["ksenia", "xenia"],
        ["jegor", "egor", "yegor"],
        ["jegorov", "egorov", "yegorov"],
        ["mahamud", "mohamud", "maxamuud", "mahmud", "mahmoud", "mahmood"],
        ["jama", "jaamac", "djama"],
        ["elmi", "cilmi", "ilmi"],
        ["isse", "ciise", "issa"],
        ["hirsi", "xirsi"],
        ["halimo", "halima", "xaliimo", "xaliima"],
        ["hodan", "xodan"],
        ["habiba", "xabiiba", "habibo", "xabiibo"],
        ["said", "siciid", "saciid", "saeed"],
        ["farah", "faarax", "farax"],
        ["ubah", "ubax"],
        ["ifrah", "ifraax"],
        ["abdikadir", "abdiqadir", "cabdiqaadir", "cabdulqaadir", "abdulkadir"],
        ["egal", "igal", "cigaal"],
        ["awil", "cawil"],
        ["duale", "ducaale"],
        ["nimo", "nimco"],
        ["osama", "usama", "oussama"],
        ["jamal", "djamal", "gamal"],
    )
    for spelling in names
}
"""Spelling -> the first of its group."""

DIGRAPHS: Final = (
    ("shtsh", "s"), ("schtsch", "s"), ("tsh", "s"), ("tch", "s"), ("sch", "s"), ("sh", "s"), ("ch", "s"), ("zh", "s"), ("ph", "f"),
    ("ck", "k"), ("qu", "kv"), ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"), ("ts", "s"), ("th", "t"), ("dh", "t"), ("gh", "g"),
    ("kh", "h"), ("w", "v"),
)  # fmt: skip
"""Sound rules, applied in this order to the folded form: Finnish writing is close to phonemic, loans are not."""

SOUND_PAIRS: Final = str.maketrans({"b": "p", "d": "t", "g": "k", "f": "v"})
"""Voiced and voiceless consonants, which Finnish ears and keyboards confuse (``Gustaf``, ``Gustav``)."""

VOWELS: Final = str.maketrans(dict.fromkeys("aeiouyjh", ""))
"""Dropped inside the sound form; ``j`` and ``h`` because transliterations add and omit them."""

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("tammikuu", "januari", "january", "jan"), ("helmikuu", "februari", "february", "feb"), ("maaliskuu", "mars", "march", "mar"),
            ("huhtikuu", "april", "apr"), ("toukokuu", "maj", "may"), ("kesakuu", "juni", "june", "jun"),
            ("heinakuu", "juli", "july", "jul"), ("elokuu", "augusti", "august", "aug"), ("syyskuu", "september", "sep"),
            ("lokakuu", "oktober", "october", "okt", "oct"), ("marraskuu", "november", "nov"), ("joulukuu", "december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
"""Names of months in Finnish (without the ending of ``1. tammikuuta``), Swedish and English, folded."""
