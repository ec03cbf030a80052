"""Services to start from, so that a new clinic has something to book within minutes: dental, physiotherapy, general.

Prices are what such a visit usually costs, in minor units; a currency that is not listed shows no price.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from turnet.clinic.model import Texts

URGENT_LEAD = 10
"""Minutes: somebody in pain may take a time that starts this soon."""


@dataclass(frozen=True)
class StarterService:
    slug: str
    name: Texts
    summary: Texts
    minutes: int
    prices: Mapping[str, int] = field(default_factory=dict)
    instructions: Texts = field(default_factory=dict)
    aftercare: Texts = field(default_factory=dict)
    room_after: int = 0
    """Minutes of cleaning."""
    urgent: bool = False
    people: int = 1

    def columns(self, currency: str, languages: tuple[str, ...]) -> dict[str, Any]:
        """What `clinic.service.add_service` takes besides the people and the rooms."""
        urgent = {"lead": URGENT_LEAD, "move_until": 60, "cancel_until": 60} if self.urgent else {}
        return {
            "slug": self.slug,
            "name": spoken(self.name, languages),
            "summary": spoken(self.summary, languages),
            "instructions": spoken(self.instructions, languages),
            "aftercare": spoken(self.aftercare, languages),
            "minutes": self.minutes,
            "room_after": self.room_after,
            "price": self.prices.get(currency, 0),
            "urgent": self.urgent,
            "people": self.people,
            **urgent,
        }


def spoken(texts: Texts, languages: tuple[str, ...]) -> dict[str, str]:
    """Only the languages the clinic speaks."""
    return {language: texts[language] for language in languages if texts.get(language)}


def _texts(en: str, fi: str, he: str) -> Texts:
    return {"en": en, "fi": fi, "he": he}


def _prices(eur: int, ils: int) -> Mapping[str, int]:
    """In whole units."""
    return {"EUR": eur * 100, "ILS": ils * 100}


_BRING_IMAGES = _texts(
    "Bring earlier X-rays if you have them, and a list of your medicines.",
    "Ota mukaan aiemmat röntgenkuvat, jos niitä on, ja lista lääkkeistäsi.",
    "הביאו צילומים קודמים, אם יש, ורשימה של התרופות שאתם נוטלים.",
)
_BRING_CARD = _texts(
    "Bring a photo identity card and a list of your medicines.",
    "Ota mukaan kuvallinen henkilötodistus ja lista lääkkeistäsi.",
    "הביאו תעודה מזהה ורשימה של התרופות שאתם נוטלים.",
)
_CLOTHES = _texts(
    "Wear something you can move in. Bring a referral and images if you have them.",
    "Pue vaatteet, joissa on hyvä liikkua. Ota mukaan lähete ja kuvat, jos niitä on.",
    "כדאי להגיע בבגדים נוחים לתנועה. הביאו הפניה וצילומים, אם יש.",
)

WAITING = _texts("Have a seat in the waiting room.", "Istu odotustilaan.", "אפשר לשבת בחדר ההמתנה.")
"""Where to sit, until the clinic says it better."""

_NUMB = _texts(
    "Wait with eating until the numbness is gone. If it hurts when you bite after two days, call us.",
    "Odota syömistä, kunnes puutuminen on ohi. Jos puru sattuu vielä kahden päivän päästä, soita meille.",
    "כדאי לחכות עם האוכל עד שההרדמה עוברת. אם כואב בנשיכה גם אחרי יומיים, התקשרו אלינו.",
)
_GUMS = _texts(
    "Your gums may be tender for a day or two. Brush as usual, with a soft brush.",
    "Ikenet voivat aristaa päivän tai kaksi. Harjaa tavalliseen tapaan, pehmeällä harjalla.",
    "החניכיים עשויות להיות רגישות יום או יומיים. מצחצחים כרגיל, במברשת רכה.",
)
_SORE = _texts(
    "You may feel it for a day or two. Move as usual; if it gets worse instead of better, call us.",
    "Voit tuntea sen päivän tai kaksi. Liiku tavalliseen tapaan; jos olo pahenee, soita meille.",
    "ייתכן שתרגישו את זה יום או יומיים. נעים כרגיל; אם זה מחמיר, התקשרו אלינו.",
)
_WORSE = _texts(
    "If it gets worse instead of better, call us the same day.",
    "Jos olo pahenee, soita meille vielä samana päivänä.",
    "אם זה מחמיר במקום להשתפר, התקשרו אלינו עוד באותו היום.",
)
_ARM = _texts(
    "Your arm may be sore for a day or two. If you feel unwell, call us.",
    "Käsivarsi voi olla arka päivän tai kaksi. Jos voit huonosti, soita meille.",
    "הזרוע עשויה לכאוב יום או יומיים. אם אינכם מרגישים טוב, התקשרו אלינו.",
)

DENTAL = (
    StarterService(
        "check-up",
        _texts("Check-up", "Tarkastus", "בדיקה תקופתית"),
        _texts(
            "Teeth, gums and bite, with X-rays where needed",
            "Hampaat, ikenet ja purenta, tarvittaessa röntgenkuvat",
            "שיניים, חניכיים ומנשך, וצילום לפי הצורך",
        ),
        30,
        _prices(79, 280),
        _BRING_IMAGES,
        room_after=10,
        people=3,
    ),
    StarterService(
        "child-check-up",
        _texts("Check-up for a child", "Lapsen tarkastus", "בדיקה לילדים"),
        _texts(
            "Under 18; one parent comes along",
            "Alle 18-vuotiaalle; yksi huoltaja tulee mukaan",
            "עד גיל 18, בליווי אחד ההורים",
        ),
        20,
        _prices(45, 180),
        _texts(
            "Come five minutes early: there is time to look at the chair and the lamp first.",
            "Tulkaa viisi minuuttia ennen: ehditään ensin katsoa tuoli ja lamppu.",
            "הגיעו חמש דקות קודם, כדי שנספיק להכיר יחד את הכיסא ואת המנורה.",
        ),
        room_after=10,
        people=3,
    ),
    StarterService(
        "cleaning",
        _texts("Cleaning with the hygienist", "Suuhygienistin puhdistus", "ניקוי אצל שיננית"),
        _texts(
            "Tartar and stains off, advice for home",
            "Hammaskivi ja värjäymät pois, neuvot kotiin",
            "הסרת אבנית וכתמים והדרכה לבית",
        ),
        45,
        _prices(92, 350),
        room_after=10,
        aftercare=_GUMS,
    ),
    StarterService(
        "filling",
        _texts("Filling", "Paikkaus", "סתימה"),
        _texts(
            "One tooth; a second one on the same visit if time allows",
            "Yksi hammas; toinenkin samalla käynnillä, jos aikaa jää",
            "שן אחת; שן נוספת באותו ביקור אם הזמן מאפשר",
        ),
        40,
        _prices(110, 420),
        _texts(
            "Eat before you come: your mouth may be numb for some hours afterwards.",
            "Syö ennen käyntiä: suu voi olla puutunut muutaman tunnin.",
            "כדאי לאכול לפני הביקור: ההרדמה עשויה להימשך כמה שעות.",
        ),
        room_after=10,
        aftercare=_NUMB,
    ),
    StarterService(
        "root-canal",
        _texts("Root canal treatment", "Juurihoito", "טיפול שורש"),
        _texts("The first of one to three visits", "Ensimmäinen 1–3 käynnistä", "ביקור ראשון מתוך אחד עד שלושה"),
        90,
        _prices(290, 1400),
        _BRING_IMAGES,
        room_after=15,
        aftercare=_NUMB,
    ),
    StarterService(
        "wisdom-tooth",
        _texts("Wisdom tooth, first visit", "Viisaudenhammas, ensikäynti", "שן בינה, ביקור ראשון"),
        _texts(
            "Images and a plan; removal on another day",
            "Kuvat ja suunnitelma; poisto toisena päivänä",
            "צילום ותוכנית טיפול; העקירה ביום אחר",
        ),
        30,
        _prices(85, 320),
        _BRING_IMAGES,
        room_after=10,
    ),
    StarterService(
        "straightening",
        _texts("Straightening, first visit", "Oikominen, ensikäynti", "יישור שיניים, ייעוץ ראשון"),
        _texts(
            "A scan and an estimate, without obligation",
            "Skannaus ja kustannusarvio, ei sido mihinkään",
            "סריקה והערכת עלות, ללא התחייבות",
        ),
        45,
    ),
    StarterService(
        "urgent",
        _texts("Urgent visit", "Päivystysaika", "ביקור דחוף"),
        _texts(
            "Toothache, swelling, a broken tooth",
            "Hammassärky, turvotus, lohjennut hammas",
            "כאב שיניים, נפיחות, שן שבורה",
        ),
        15,
        _prices(95, 380),
        _texts(
            "Bring a list of your medicines. If swallowing or breathing is hard, call 112 now.",
            "Ota mukaan lista lääkkeistäsi. Jos nieleminen tai hengittäminen on vaikeaa, soita heti 112.",
            "הביאו רשימת תרופות. אם קשה לבלוע או לנשום, התקשרו מיד 101.",
        ),
        room_after=5,
        urgent=True,
        aftercare=_WORSE,
    ),
)

PHYSIOTHERAPY = (
    StarterService(
        "first-visit",
        _texts("First visit", "Ensikäynti", "ביקור ראשון"),
        _texts(
            "Examination, first treatment and a plan",
            "Tutkimus, ensimmäinen hoito ja suunnitelma",
            "בדיקה, טיפול ראשון ותוכנית",
        ),
        60,
        _prices(89, 360),
        _CLOTHES,
        room_after=5,
        aftercare=_SORE,
    ),
    StarterService(
        "treatment",
        _texts("Treatment", "Hoitokäynti", "טיפול המשך"),
        _texts("When we have met before", "Kun olemme jo tavanneet", "למי שכבר היה אצלנו"),
        45,
        _prices(72, 280),
        _CLOTHES,
        room_after=5,
        aftercare=_SORE,
    ),
    StarterService(
        "exercise-check",
        _texts("Exercise check", "Harjoitteiden tarkistus", "בדיקת תרגול"),
        _texts(
            "We go through your exercises and raise the load",
            "Käydään harjoitteet läpi ja nostetaan kuormaa",
            "נעבור יחד על התרגילים ונעלה את העומס",
        ),
        30,
        _prices(49, 190),
        _CLOTHES,
    ),
    StarterService(
        "massage",
        _texts("Massage", "Hieronta", "עיסוי רפואי"),
        _texts("Back and neck, or legs", "Selkä ja niska, tai jalat", "גב וצוואר, או רגליים"),
        60,
        _prices(65, 300),
        room_after=10,
        aftercare=_SORE,
    ),
    StarterService(
        "acute-pain",
        _texts("Acute pain", "Äkillinen kipu", "כאב חריף"),
        _texts(
            "A locked back or neck, a fresh sprain",
            "Lukkiutunut selkä tai niska, tuore nyrjähdys",
            "גב או צוואר תפוסים, נקע טרי",
        ),
        30,
        _prices(59, 240),
        _texts(
            "If your legs are numb or you cannot pass water, call 112 now.",
            "Jos jalat puutuvat tai virtsaaminen ei onnistu, soita heti 112.",
            "אם יש חוסר תחושה ברגליים או קושי במתן שתן, התקשרו מיד 101.",
        ),
        urgent=True,
        aftercare=_WORSE,
    ),
)

GENERAL = (
    StarterService(
        "appointment",
        _texts("Appointment", "Vastaanottoaika", "ביקור במרפאה"),
        _texts("For one matter", "Yhtä asiaa varten", "לנושא אחד"),
        20,
        _prices(85, 300),
        _BRING_CARD,
        people=2,
    ),
    StarterService(
        "long-appointment",
        _texts("Long appointment", "Pitkä vastaanottoaika", "ביקור ארוך"),
        _texts(
            "Several matters, or one that needs time",
            "Useampi asia tai yksi, joka vaatii aikaa",
            "כמה נושאים, או נושא אחד שדורש זמן",
        ),
        40,
        _prices(140, 480),
        _BRING_CARD,
    ),
    StarterService(
        "health-check",
        _texts("Health check", "Terveystarkastus", "בדיקה כללית"),
        _texts("Measurements, tests and a talk", "Mittaukset, kokeet ja keskustelu", "מדידות, בדיקות ושיחה"),
        60,
        _prices(190, 650),
        _texts(
            "Do not eat for eight hours before; water is fine.",
            "Ole syömättä kahdeksan tuntia ennen; vettä voi juoda.",
            "יש להיות בצום שמונה שעות לפני הביקור; מים מותר.",
        ),
    ),
    StarterService(
        "vaccination",
        _texts("Vaccination", "Rokotus", "חיסון"),
        _texts("Travel, flu and boosters", "Matkailu, influenssa ja tehosteet", "לקראת טיול, שפעת ומנות דחף"),
        15,
        _prices(30, 120),
        _texts(
            "Bring your vaccination card. Stay fifteen minutes afterwards.",
            "Ota mukaan rokotuskortti. Jää vielä vartiksi seurantaan.",
            "הביאו פנקס חיסונים. לאחר החיסון ממתינים רבע שעה.",
        ),
        people=4,
        aftercare=_ARM,
    ),
    StarterService(
        "prescription",
        _texts("Prescription and certificate", "Resepti ja todistus", "מרשם ואישורים"),
        _texts("Renewals and short papers", "Uusinnat ja lyhyet todistukset", "חידוש מרשמים ואישורים קצרים"),
        10,
        _prices(40, 120),
        _BRING_CARD,
    ),
    StarterService(
        "urgent",
        _texts("Urgent visit", "Päivystysaika", "ביקור דחוף"),
        _texts("Something that cannot wait", "Asia, joka ei voi odottaa", "למה שלא יכול לחכות"),
        15,
        _prices(95, 350),
        _texts(
            "If it is an emergency, call 112.",
            "Hätätilanteessa soita 112.",
            "במקרה חירום התקשרו 101.",
        ),
        urgent=True,
        aftercare=_WORSE,
    ),
)

STARTERS: Mapping[str, tuple[StarterService, ...]] = {
    "dental": DENTAL,
    "physiotherapy": PHYSIOTHERAPY,
    "general": GENERAL,
}
