"""Three hundred made-up patients. Telephone numbers are unassigned, addresses lie under `.example`."""

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from turnet.clinic.service import slug_of

COUNT = 300

_FINNISH = (
    (
        "Aino Anna Antti Eero Elina Emilia Hanna Heikki Helmi Henrik Ilona Jari Johanna Juhani Kaisa "
        "Kalle Kirsi Lauri Leena Maija Marja Matti Minna Niko Noora Oskari Päivi Pekka Pirkko Reetta "
        "Riikka Risto Saara Sami Sari Seppo Tapio Timo Tuula Veera Ville Väinö"
    ),
    (
        "Aalto Ahonen Eskola Hakala Heikkinen Heinonen Hiltunen Huttunen Hämäläinen Järvinen Jokinen "
        "Kallio Karjalainen Karppinen Kettunen Kinnunen Korhonen Koskinen Laaksonen Laitinen Lehtonen "
        "Leppänen Mäkelä Mäkinen Manninen Miettinen Moilanen Niemi Nieminen Ojala Peltola Peltonen "
        "Rantanen Räsänen Rinne Saarinen Salo Salonen Toivonen Tuominen Virtanen Väisänen"
    ),
)
_ENGLISH = (
    (
        "Alice Amelia Ben Charlotte Chloe Daniel David Ella Emma George Grace Hannah Harry Isla Jack "
        "James Kate Leo Liam Lucy Maya Nathan Nora Oliver Olivia Oscar Owen Rose Ruby Ryan Samuel Sophie "
        "Theo Thomas William Zoe"
    ),
    (
        "Adams Bailey Baker Bell Bennett Brooks Carter Clarke Collins Cooper Davies Edwards Evans Foster "
        "Green Griffiths Hall Harris Hughes Jackson Kelly King Lewis Marsh Mitchell Moore Morgan Murphy "
        "O'Brien Parker Patel Reid Roberts Shaw Taylor Turner Walker Ward Wright Young"
    ),
)
_HEBREW = (
    (
        "אביגיל:avigail אבי:avi אברהם:avraham אורי:uri איתי:itai אלון:alon אסתר:ester גיל:gil "
        "דוד:david דנה:dana הדס:hadas חיים:haim טל:tal יוסף:yosef יעל:yael ליאור:lior מאיה:maya "
        "מיכל:michal מירי:miri משה:moshe נועה:noa ניר:nir נעמה:naama נתן:natan סמיר:samir עומר:omer "
        "עידו:ido ענת:anat רונית:ronit רותי:ruti רחל:rachel רן:ran שירה:shira שלמה:shlomo שרה:sara "
        "תמר:tamar"
    ),
    (
        "אברהמי:avrahami אוחיון:ohayon אזולאי:azulay ביטון:biton בן־דוד:bendavid ברק:barak "
        "גבאי:gabay גולן:golan דהן:dahan דיין:dayan ורדי:vardi חדד:hadad חורי:khoury טל:tal "
        "יוסף:yosef כהן:cohen כץ:katz לוי:levi מזרחי:mizrahi מלכה:malka נחום:nahum סגל:segal "
        "עמר:amar פלד:peled פרידמן:friedman פרץ:peretz צור:tzur רוזן:rozen שגב:segev שושן:shoshan "
        "שפירא:shapira שרון:sharon"
    ),
)
_NAMES = {
    language: tuple([tuple(name.partition(":")[::2]) for name in names.split()] for names in lists)
    for language, lists in (("fi", _FINNISH), ("en", _ENGLISH), ("he", _HEBREW))
}
_SHARES = {
    "fi": {"fi": 80, "en": 13, "he": 7},
    "en": {"en": 50, "fi": 42, "he": 8},
    "he": {"he": 82, "en": 13, "fi": 5},
}
"""Clinic's first language → whom it sees."""
_OFFERS = 0.3
_MOBILE = {"FI": "+35840000", "IL": "+97250000"}
"""Prefixes without subscribers; four more digits follow."""


@dataclass(frozen=True, slots=True)
class Someone:
    name: str
    language: str
    phone: str
    email: str
    birth_year: int | None = None
    guardian: int | None = None
    """Place of the parent in the list."""
    offers: bool = False
    """They agreed to hear of offers."""


def people(rng: Random, first_language: str, region: str, today: date) -> list[Someone]:
    """Grown-ups first, then children with a parent's telephone and address; every full name once."""
    shares = _SHARES[first_language]
    numbers = rng.sample(range(10_000), COUNT)
    seen: set[str] = set()
    found: list[Someone] = []
    while len(found) < COUNT * 88 // 100:
        language = rng.choices(list(shares), list(shares.values()))[0]
        (first, latin_first), (last, latin_last) = (rng.choice(names) for names in _NAMES[language])
        if (name := f"{first} {last}") in seen:
            continue
        seen.add(name)
        phone = f"{_MOBILE[region]}{numbers[len(found)]:04d}"
        address = f"{slug_of(latin_first or first, '')}.{slug_of(latin_last or last, '')}@mail.example"
        found.append(
            Someone(name, language, phone, address if rng.random() < 0.6 else "", offers=rng.random() < _OFFERS)
        )
    grown = len(found)
    while len(found) < COUNT:
        parent = rng.randrange(grown)
        first, _latin = rng.choice(_NAMES[found[parent].language][0])
        name = f"{first} {found[parent].name.split(maxsplit=1)[1]}"
        if name not in seen:
            seen.add(name)
            found.append(replace(found[parent], name=name, birth_year=today.year - rng.randint(4, 16), guardian=parent))
    return found
