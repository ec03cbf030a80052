"""The two made-up clinics: Hammashoitola Tuomi in Tampere and Erez Dental in Haifa."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from turnet.clinic import service as setup
from turnet.clinic.model import Texts
from turnet.clinic.starter import DENTAL, StarterService
from turnet.scheduling.hours import day_span, instants
from turnet.scheduling.rules import Session, WeeklySession
from turnet.scheduling.spans import Span

LATE_FEE = {"EUR": 4000, "ILS": 15000}


@dataclass(frozen=True)
class Place:
    slug: str
    name: Texts
    address: Texts
    directions: Texts
    phone: str
    at: tuple[float, float]
    rooms: int


@dataclass(frozen=True)
class Somebody:
    slug: str
    name: Texts
    title: Texts
    about: Texts
    languages: tuple[str, ...]
    hours: str
    """`days place opens-closes,…`, days by digits (Monday is 0), times as HHMM; rules parted by `;`."""
    step: int
    does: tuple[str, ...]
    """Service slugs."""


@dataclass(frozen=True)
class MadeUp:
    name: Texts
    strapline: Texts
    city: Texts
    zone: str
    region: str
    currency: str
    phone: str
    domain: str
    brand: str
    out_of_hours: Texts
    places: tuple[Place, ...]
    team: tuple[Somebody, ...]


def _t(en: str, fi: str, he: str) -> Texts:
    return {"en": en, "fi": fi, "he": he}


_DENTIST = ("check-up", "child-check-up", "filling", "root-canal", "urgent")

TUOMI = MadeUp(
    name=_t("Hammashoitola Tuomi", "Hammashoitola Tuomi", "מרפאת השיניים טואומי"),
    strapline=_t("Dentists in Tampere", "Hammaslääkärit Tampereella", "רופאי שיניים בטמפרה"),
    city=_t("33100 Tampere", "33100 Tampere", "33100 טמפרה"),
    zone="Europe/Helsinki",
    region="FI",
    currency="EUR",
    phone="+35830000140",
    domain="tuomi.example",
    brand="#14603c",
    out_of_hours=_t(
        "After hours, call 03 000 0116; we answer until 22:00.",
        "Iltaisin ja viikonloppuisin soita 03 000 0116; vastaamme klo 22 asti.",
        "מחוץ לשעות הפעילות התקשרו ‎03 000 0116; אנחנו עונים עד 22:00.",
    ),
    places=(
        Place(
            "keskusta",
            _t("Keskusta", "Keskusta", "קסקוסטה"),
            _t("Hämeenkatu 14 B, 2nd floor", "Hämeenkatu 14 B, 2. kerros", "Hämeenkatu 14 B, קומה 2"),
            _t(
                "The entrance is in the courtyard, by lift to the second floor. Trams 1 and 3 stop at Koskipuisto, two "
                "minutes away. The first hour at P-Hämppi is free of charge: bring the parking ticket.",
                "Sisäänkäynti on sisäpihan puolella, hissillä toiseen kerrokseen. Raitiovaunut 1 ja 3 pysähtyvät "
                "Koskipuistossa kahden minuutin päässä. P-Hämpin ensimmäinen tunti on maksuton: ota pysäköintilippu "
                "mukaan.",
                "הכניסה מהחצר, במעלית לקומה השנייה. רכבת קלה 1 ו־3, תחנת Koskipuisto, שתי דקות הליכה. "
                "בחניון P-Hämppi השעה הראשונה עלינו: הביאו את כרטיס החניה.",
            ),
            "+35830000140",
            (61.4978, 23.7610),
            2,
        ),
        Place(
            "hervanta",
            _t("Hervanta", "Hervanta", "הרוונטה"),
            _t("Insinöörinkatu 30", "Insinöörinkatu 30", "Insinöörinkatu 30"),
            _t(
                "Street level, no steps. Tram 3 stops at Hervantakeskus, across the street. Parking in front of the "
                "door, two hours with a disc.",
                "Katutasossa, ei portaita. Raitiovaunu 3 pysähtyy Hervantakeskuksessa kadun toisella puolella. "
                "Pysäköinti oven edessä, kaksi tuntia kiekolla.",
                "בגובה הרחוב, בלי מדרגות. רכבת קלה 3, תחנת Hervantakeskus, מעבר לרחוב. חניה מול הדלת, שעתיים.",
            ),
            "+35830000180",
            (61.4508, 23.8510),
            2,
        ),
    ),
    team=(
        Somebody(
            "sanna-koivisto",
            _t("Sanna Koivisto", "Sanna Koivisto", "Sanna Koivisto"),
            _t("Dentist, founder", "Hammaslääkäri, perustaja", "רופאת שיניים, מייסדת"),
            _t(
                "Sanna opened the clinic in 2011. She tells you what she does before she does it.",
                "Sanna avasi hoitolan vuonna 2011. Hän kertoo, mitä tekee, ennen kuin tekee.",
                "Sanna פתחה את המרפאה ב־2011. היא מסבירה כל שלב לפני שהוא קורה.",
            ),
            ("fi", "en"),
            "0123 keskusta 0800-1200,1240-1600",
            20,
            _DENTIST,
        ),
        Somebody(
            "mikko-lahti",
            _t("Mikko Lahti", "Mikko Lahti", "Mikko Lahti"),
            _t("Dentist", "Hammaslääkäri", "רופא שיניים"),
            _t(
                "Evenings and Saturdays are Mikko's: he does not mind if you come straight from work.",
                "Mikko tekee illat ja lauantait: tule vaikka suoraan töistä.",
                "Mikko עובד בערבים ובשבתות: אפשר לבוא ישר מהעבודה.",
            ),
            ("fi", "sv"),
            "13 hervanta 1000-1400,1440-1800; 2 keskusta 1000-1400,1440-1800; 4 keskusta 0800-1200,1240-1500; "
            "5 keskusta 1000-1400",
            20,
            (*_DENTIST, "wisdom-tooth"),
        ),
        Somebody(
            "aino-rantala",
            _t("Aino Rantala", "Aino Rantala", "Aino Rantala"),
            _t("Dental hygienist", "Suuhygienisti", "שיננית"),
            _t(
                "Aino works gently and without hurry.",
                "Aino työskentelee kevyin käsin, kiirehtimättä.",
                "Aino עובדת בעדינות ובלי למהר.",
            ),
            ("fi", "en"),
            "0123 keskusta 0800-1200,1230-1600; 4 keskusta 0800-1230",
            15,
            ("cleaning",),
        ),
        Somebody(
            "johannes-berg",
            _t("Johannes Berg", "Johannes Berg", "Johannes Berg"),
            _t("Oral surgeon", "Suukirurgi", "מנתח פה ולסת"),
            _t(
                "Johannes also works at the university hospital.",
                "Johannes työskentelee myös yliopistosairaalassa.",
                "Johannes עובד גם בבית החולים האוניברסיטאי.",
            ),
            ("sv", "fi"),
            "024 hervanta 0900-1200,1230-1530",
            20,
            ("filling", "wisdom-tooth", "urgent"),
        ),
        Somebody(
            "leila-haddad",
            _t("Leila Haddad", "Leila Haddad", "Leila Haddad"),
            _t("Orthodontist", "Oikomishoidon erikoishammaslääkäri", "אורתודונטית"),
            _t(
                "Half of Leila's patients are children, the other half waited until they were grown up.",
                "Puolet Leilan asiakkaista on lapsia, toinen puoli on odottanut aikuisikään.",
                "חצי מהבאים אל Leila הם ילדים, והחצי השני חיכה עד שגדל.",
            ),
            ("fi", "ar", "en"),
            "0123 hervanta 0800-1200,1245-1600; 4 hervanta 0900-1345",
            15,
            ("straightening", "child-check-up"),
        ),
    ),
)

EREZ = MadeUp(
    name=_t("Erez Dental Clinic", "Hammashoitola Erez", "מרפאת שיניים ארז"),
    strapline=_t("Dentists in Haifa", "Hammaslääkärit Haifassa", "רופאי שיניים בחיפה"),
    city=_t("Haifa", "Haifa", "חיפה"),
    zone="Asia/Jerusalem",
    region="IL",
    currency="ILS",
    phone="+97240000140",
    domain="erez.example",
    brand="#1f5f9e",
    out_of_hours=_t(
        "After hours, call 04 000 0116; we answer until 22:00.",
        "Iltaisin soita 04 000 0116; vastaamme klo 22 asti.",
        "מחוץ לשעות הפעילות התקשרו ‎04 000 0116; אנחנו עונים עד 22:00.",
    ),
    places=(
        Place(
            "carmel",
            _t("Carmel", "Karmel", "הכרמל"),
            _t("41 Moriah Avenue, 2nd floor", "Moriah Avenue 41, 2. kerros", "שדרות מוריה 41, קומה 2"),
            _t(
                "Lift and level entrance. Bus stop in front of the door; blue-and-white parking on the avenue.",
                "Hissi ja esteetön sisäänkäynti. Bussipysäkki oven edessä; pysäköinti kadun varressa.",
                "מעלית וכניסה נגישה. תחנת אוטובוס מול הדלת; חניה בכחול־לבן לאורך השדרה.",
            ),
            "+97240000140",
            (32.8032, 34.9859),
            2,
        ),
        Place(
            "hadar",
            _t("Hadar", "Hadar", "הדר"),
            _t("18 Herzl Street", "Herzl Street 18", "רחוב הרצל 18"),
            _t(
                "Street level, no steps. Five minutes from the Carmelit station HaNevi'im.",
                "Katutasossa, ei portaita. Viisi minuuttia Carmelitin HaNevi'im-asemalta.",
                "בקומת הרחוב, בלי מדרגות. חמש דקות מתחנת הכרמלית הנביאים.",
            ),
            "+97240000180",
            (32.8090, 34.9960),
            2,
        ),
    ),
    team=(
        Somebody(
            "yael-erez",
            _t("Dr. Yael Erez", "Yael Erez", "ד״ר יעל ארז"),
            _t("Dentist, founder", "Hammaslääkäri, perustaja", "רופאת שיניים, מייסדת"),
            _t(
                "Yael opened the clinic in 2011. She tells you what she does before she does it.",
                "Yael avasi hoitolan vuonna 2011. Hän kertoo, mitä tekee, ennen kuin tekee.",
                "יעל פתחה את המרפאה ב־2011. היא מסבירה כל שלב לפני שהוא קורה.",
            ),
            ("he", "en"),
            "6012 carmel 0800-1200,1240-1600",
            20,
            _DENTIST,
        ),
        Somebody(
            "amir-haddad",
            _t("Dr. Amir Haddad", "Amir Haddad", "ד״ר אמיר חדד"),
            _t("Dentist", "Hammaslääkäri", "רופא שיניים"),
            _t(
                "Evenings and Fridays are Amir's: he does not mind if you come straight from work.",
                "Amir tekee illat ja perjantait: tule vaikka suoraan töistä.",
                "אמיר עובד בערבים ובימי שישי: אפשר לבוא ישר מהעבודה.",
            ),
            ("he", "ar", "en"),
            "02 hadar 1000-1400,1440-1800; 1 carmel 1000-1400,1440-1800; 3 carmel 0900-1300,1340-1800; "
            "4 carmel 0800-1300",
            20,
            (*_DENTIST, "wisdom-tooth"),
        ),
        Somebody(
            "michal-sagi",
            _t("Michal Sagi", "Michal Sagi", "מיכל שגיא"),
            _t("Dental hygienist", "Suuhygienisti", "שיננית"),
            _t(
                "Michal works gently and without hurry.",
                "Michal työskentelee kevyin käsin, kiirehtimättä.",
                "מיכל עובדת בעדינות ובלי למהר.",
            ),
            ("he", "en"),
            "60123 carmel 0800-1200,1230-1600; 4 carmel 0800-1230",
            15,
            ("cleaning",),
        ),
        Somebody(
            "noa-levi",
            _t("Dr. Noa Levi", "Noa Levi", "ד״ר נועה לוי"),
            _t("Oral surgeon", "Suukirurgi", "מנתחת פה ולסת"),
            _t("Noa also works at the hospital.", "Noa työskentelee myös sairaalassa.", "נועה עובדת גם בבית החולים."),
            ("he", "en"),
            "613 hadar 0900-1200,1230-1530",
            20,
            ("filling", "wisdom-tooth", "urgent"),
        ),
        Somebody(
            "olga-sokolov",
            _t("Dr. Olga Sokolov", "Olga Sokolov", "ד״ר אולגה סוקולוב"),
            _t("Orthodontist", "Oikomishoidon erikoishammaslääkäri", "אורתודונטית"),
            _t(
                "Half of Olga's patients are children, the other half waited until they were grown up.",
                "Puolet Olgan asiakkaista on lapsia, toinen puoli on odottanut aikuisikään.",
                "חצי מהבאים אל אולגה הם ילדים, והחצי השני חיכה עד שגדל.",
            ),
            ("he", "ru", "en"),
            "60123 hadar 0800-1200,1245-1600",
            15,
            ("straightening", "child-check-up"),
        ),
    ),
)

_LANGUAGES = {"en": ("en", "fi", "he"), "fi": ("fi", "en", "he"), "he": ("he", "en", "fi")}
_PRIVACY = _t(
    "We keep your name, how to reach you and the times of your visits, so that we can receive you. We sell nothing and "
    "show nothing to anybody else. Ask at the desk to see or correct what we hold.",
    "Säilytämme nimesi, yhteystietosi ja käyntiaikasi, jotta voimme ottaa sinut vastaan. Emme myy emmekä näytä "
    "tietojasi muille. Kysy vastaanotosta, jos haluat nähdä tai korjata tietosi.",
    "אנחנו שומרים את השם, את דרכי הקשר ואת מועדי הביקורים, כדי שנוכל לקבל אתכם. איננו מוכרים מידע ואיננו מראים אותו "
    "לאיש. אפשר לבקש במזכירות לראות או לתקן את הפרטים.",
)
_ROOM = _t("Room {n}", "Huone {n}", "חדר {n}")
_TRAINING = _t("Training day", "Koulutuspäivä", "יום השתלמות")
_HOLIDAY = _t("On holiday", "Lomalla", "בחופשה")
_SERVICING = _t("The chair is being serviced", "Hoitoyksikkö huollossa", "הכיסא בטיפול טכני")


async def build(lang: str, today: date, key_fingerprint: str) -> None:
    """Writes the clinic of this language as one act; dates hang on `today`, the clinic's local day."""
    clinic = EREZ if lang == "he" else TUOMI
    async with setup.change():
        await _found(clinic, _LANGUAGES[lang], key_fingerprint)
        locations = {place.slug: await _place(place, clinic) for place in clinic.places}
        rooms = await _rooms(clinic, locations)
        people = {one.slug: await _somebody(one, locations) for one in clinic.team}
        for offer in DENTAL:
            await _offer(offer, clinic, _LANGUAGES[lang], people, rooms)
        await _closures(clinic, today, list(locations.values()), list(people.values()), rooms)


async def _found(clinic: MadeUp, languages: tuple[str, ...], key_fingerprint: str) -> None:
    await setup.create_clinic(
        clinic.name,
        zone=clinic.zone,
        languages=languages,
        region=clinic.region,
        currency=clinic.currency,
        key_fingerprint=key_fingerprint,
        strapline=clinic.strapline,
        phone=clinic.phone,
        email=f"desk@{clinic.domain}",
        brand=clinic.brand,
        out_of_hours=clinic.out_of_hours,
        privacy=_PRIVACY,
    )


async def _place(place: Place, clinic: MadeUp) -> int:
    return await setup.add_location(
        place.slug,
        place.name,
        address=place.address,
        city=clinic.city,
        directions=place.directions,
        phone=place.phone,
        email=f"{place.slug}@{clinic.domain}",
        latitude=place.at[0],
        longitude=place.at[1],
    )


async def _rooms(clinic: MadeUp, locations: Mapping[str, int]) -> list[int]:
    rooms: list[int] = []
    for place in clinic.places:
        for _n in range(place.rooms):
            number = len(rooms) + 1
            name = {language: text.format(n=number) for language, text in _ROOM.items()}
            rooms.append(await setup.add_room(f"room-{number}", name, location=locations[place.slug]))
    return rooms


async def _somebody(one: Somebody, locations: Mapping[str, int]) -> int:
    who = await setup.add_practitioner(one.slug, one.name, title=one.title, about=one.about, languages=one.languages)
    await setup.set_weekly_hours(who, list(week(who, one, locations)))
    return who


def week(who: int, one: Somebody, locations: Mapping[str, int]) -> list[WeeklySession]:
    rules = []
    for rule in one.hours.split("; "):
        days, place, times = rule.split()
        for day in days:
            for pair in times.split(","):
                opens, closes = (int(time[:2]) * 60 + int(time[2:]) for time in pair.split("-"))
                rules.append(WeeklySession(who, int(day), Session(locations[place], opens, closes, one.step)))
    return rules


async def _offer(
    offer: StarterService, clinic: MadeUp, languages: tuple[str, ...], people: Mapping[str, int], rooms: list[int]
) -> None:
    columns = offer.columns(clinic.currency, languages)
    if not offer.urgent and offer.prices:
        columns["late_fee"] = LATE_FEE[clinic.currency]
    await setup.add_service(
        practitioners=[people[one.slug] for one in clinic.team if offer.slug in one.does], rooms=rooms, **columns
    )


async def _closures(clinic: MadeUp, today: date, locations: list[int], people: list[int], rooms: list[int]) -> None:
    """Training days, a holiday, a chair being serviced, and the founder in on one weekend."""
    first, last = _tuesday(today, 17), _tuesday(today, 31)
    await setup.close(_clock(clinic, first, 12 * 60, 24 * 60), _TRAINING)
    await setup.close(
        Span(day_span(clinic.zone, last).start, day_span(clinic.zone, last + timedelta(days=6)).end),
        _HOLIDAY,
        resource=people[3],
    )
    await setup.close(_clock(clinic, _tuesday(today, 9), 8 * 60, 10 * 60), _SERVICING, resource=rooms[0])
    await setup.close(day_span(clinic.zone, _tuesday(today, -24)), _TRAINING)
    extra = _tuesday(today, 22) + timedelta(days=3 if clinic is EREZ else 4)
    await setup.set_dated_hours(people[0], extra, [Session(locations[0], 9 * 60, 13 * 60, 20)])


def _tuesday(today: date, days: int) -> date:
    """The first one at least that many days from today: nobody closes for training on a day off."""
    day = today + timedelta(days=days)
    return day + timedelta(days=(1 - day.weekday()) % 7)


def _clock(clinic: MadeUp, day: date, opens: int, closes: int) -> Span:
    end = day_span(clinic.zone, day).end if closes == 24 * 60 else instants(clinic.zone, day, closes)[0]
    return Span(instants(clinic.zone, day, opens)[0], end)
