"""The two made-up clinics: Hammashoitola Tuomi in Tampere and Erez Dental in Haifa."""

from dataclasses import dataclass

from turnet.clinic.model import Texts


@dataclass(frozen=True)
class Place:
    slug: str
    name: Texts
    address: Texts
    directions: Texts
    phone: str
    at: tuple[float, float]
    rooms: int
    waiting: Texts
    """Where to sit."""


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


def in_three(en: str, fi: str, he: str) -> Texts:
    return {"en": en, "fi": fi, "he": he}


_DENTIST = ("check-up", "child-check-up", "filling", "root-canal", "urgent")

TUOMI = MadeUp(
    name=in_three("Hammashoitola Tuomi", "Hammashoitola Tuomi", "מרפאת השיניים טואומי"),
    strapline=in_three("Dentists in Tampere", "Hammaslääkärit Tampereella", "רופאי שיניים בטמפרה"),
    city=in_three("33100 Tampere", "33100 Tampere", "33100 טמפרה"),
    zone="Europe/Helsinki",
    region="FI",
    currency="EUR",
    phone="+35830000140",
    domain="tuomi.example",
    brand="#14603c",
    out_of_hours=in_three(
        "After hours, call 03 000 0116; we answer until 22:00.",
        "Iltaisin ja viikonloppuisin soita 03 000 0116; vastaamme klo 22 asti.",
        "מחוץ לשעות הפעילות התקשרו ‎03 000 0116; אנחנו עונים עד 22:00.",
    ),
    places=(
        Place(
            "keskusta",
            in_three("Keskusta", "Keskusta", "קסקוסטה"),
            in_three("Hämeenkatu 14 B, 2nd floor", "Hämeenkatu 14 B, 2. kerros", "Hämeenkatu 14 B, קומה 2"),
            in_three(
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
            in_three("Waiting room 1, 2nd floor.", "Odotustila 1, 2. kerros.", "חדר המתנה 1, קומה 2."),
        ),
        Place(
            "hervanta",
            in_three("Hervanta", "Hervanta", "הרוונטה"),
            in_three("Insinöörinkatu 30", "Insinöörinkatu 30", "Insinöörinkatu 30"),
            in_three(
                "Street level, no steps. Tram 3 stops at Hervantakeskus, across the street. Parking in front of the "
                "door, two hours with a disc.",
                "Katutasossa, ei portaita. Raitiovaunu 3 pysähtyy Hervantakeskuksessa kadun toisella puolella. "
                "Pysäköinti oven edessä, kaksi tuntia kiekolla.",
                "בגובה הרחוב, בלי מדרגות. רכבת קלה 3, תחנת Hervantakeskus, מעבר לרחוב. חניה מול הדלת, שעתיים.",
            ),
            "+35830000180",
            (61.4508, 23.8510),
            2,
            in_three("Waiting room 2, by the door.", "Odotustila 2, oven vieressä.", "חדר המתנה 2, ליד הדלת."),
        ),
    ),
    team=(
        Somebody(
            "sanna-koivisto",
            in_three("Sanna Koivisto", "Sanna Koivisto", "Sanna Koivisto"),
            in_three("Dentist, founder", "Hammaslääkäri, perustaja", "רופאת שיניים, מייסדת"),
            in_three(
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
            in_three("Mikko Lahti", "Mikko Lahti", "Mikko Lahti"),
            in_three("Dentist", "Hammaslääkäri", "רופא שיניים"),
            in_three(
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
            in_three("Aino Rantala", "Aino Rantala", "Aino Rantala"),
            in_three("Dental hygienist", "Suuhygienisti", "שיננית"),
            in_three(
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
            in_three("Johannes Berg", "Johannes Berg", "Johannes Berg"),
            in_three("Oral surgeon", "Suukirurgi", "מנתח פה ולסת"),
            in_three(
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
            in_three("Leila Haddad", "Leila Haddad", "Leila Haddad"),
            in_three("Orthodontist", "Oikomishoidon erikoishammaslääkäri", "אורתודונטית"),
            in_three(
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
    name=in_three("Erez Dental Clinic", "Hammashoitola Erez", "מרפאת שיניים ארז"),
    strapline=in_three("Dentists in Haifa", "Hammaslääkärit Haifassa", "רופאי שיניים בחיפה"),
    city=in_three("Haifa", "Haifa", "חיפה"),
    zone="Asia/Jerusalem",
    region="IL",
    currency="ILS",
    phone="+97240000140",
    domain="erez.example",
    brand="#1f5f9e",
    out_of_hours=in_three(
        "After hours, call 04 000 0116; we answer until 22:00.",
        "Iltaisin soita 04 000 0116; vastaamme klo 22 asti.",
        "מחוץ לשעות הפעילות התקשרו ‎04 000 0116; אנחנו עונים עד 22:00.",
    ),
    places=(
        Place(
            "carmel",
            in_three("Carmel", "Karmel", "הכרמל"),
            in_three("41 Moriah Avenue, 2nd floor", "Moriah Avenue 41, 2. kerros", "שדרות מוריה 41, קומה 2"),
            in_three(
                "Lift and level entrance. Bus stop in front of the door; blue-and-white parking on the avenue.",
                "Hissi ja esteetön sisäänkäynti. Bussipysäkki oven edessä; pysäköinti kadun varressa.",
                "מעלית וכניסה נגישה. תחנת אוטובוס מול הדלת; חניה בכחול־לבן לאורך השדרה.",
            ),
            "+97240000140",
            (32.8032, 34.9859),
            2,
            in_three("Waiting room by the lift.", "Odotustila hissin vieressä.", "חדר ההמתנה ליד המעלית."),
        ),
        Place(
            "hadar",
            in_three("Hadar", "Hadar", "הדר"),
            in_three("18 Herzl Street", "Herzl Street 18", "רחוב הרצל 18"),
            in_three(
                "Street level, no steps. Five minutes from the Carmelit station HaNevi'im.",
                "Katutasossa, ei portaita. Viisi minuuttia Carmelitin HaNevi'im-asemalta.",
                "בקומת הרחוב, בלי מדרגות. חמש דקות מתחנת הכרמלית הנביאים.",
            ),
            "+97240000180",
            (32.8090, 34.9960),
            2,
            in_three("Waiting room, on the left.", "Odotustila vasemmalla.", "חדר ההמתנה משמאל."),
        ),
    ),
    team=(
        Somebody(
            "yael-erez",
            in_three("Dr. Yael Erez", "Yael Erez", "ד״ר יעל ארז"),
            in_three("Dentist, founder", "Hammaslääkäri, perustaja", "רופאת שיניים, מייסדת"),
            in_three(
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
            in_three("Dr. Amir Haddad", "Amir Haddad", "ד״ר אמיר חדד"),
            in_three("Dentist", "Hammaslääkäri", "רופא שיניים"),
            in_three(
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
            in_three("Michal Sagi", "Michal Sagi", "מיכל שגיא"),
            in_three("Dental hygienist", "Suuhygienisti", "שיננית"),
            in_three(
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
            in_three("Dr. Noa Levi", "Noa Levi", "ד״ר נועה לוי"),
            in_three("Oral surgeon", "Suukirurgi", "מנתחת פה ולסת"),
            in_three(
                "Noa also works at the hospital.", "Noa työskentelee myös sairaalassa.", "נועה עובדת גם בבית החולים."
            ),
            ("he", "en"),
            "613 hadar 0900-1200,1230-1530",
            20,
            ("filling", "wisdom-tooth", "urgent"),
        ),
        Somebody(
            "olga-sokolov",
            in_three("Dr. Olga Sokolov", "Olga Sokolov", "ד״ר אולגה סוקולוב"),
            in_three("Orthodontist", "Oikomishoidon erikoishammaslääkäri", "אורתודונטית"),
            in_three(
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
