"""What made-up people answer afterwards: scores, and words about how they were met, never about what was done."""

from random import Random

from turnet.feedback.model import DETRACTOR, PROMOTER

SCORES = {10: 41, 9: 24, 8: 16, 7: 7, 6: 4, 5: 3, 4: 2, 3: 1, 2: 1, 0: 1}
"""Score → share in per cent; the net promoter score lies around 53."""

_HIGH = {
    "en": (
        "You remembered my name and that I was nervous.",
        "Everything was explained before it happened. I never had to wonder.",
        "Called in on the minute, and still nobody hurried me.",
        "Warm welcome, and the tram stop is right there.",
        "My daughter wants to come again. That says it all.",
        "Short, friendly messages. I did not have to call once.",
        "They asked how I was and waited for the answer.",
        "The desk found me a time before work.",
    ),
    "fi": (
        "Minut otettiin lämpimästi vastaan.",
        "Kaikki kerrottiin etukäteen, ei tarvinnut jännittää.",
        "Pääsin sisään minuutilleen, eikä silti kiirehditty.",
        "Ilmoittautuminen tekstiviestillä oli helppoa.",
        "Lapsi lähti hymyillen kotiin, kiitos kärsivällisyydestä.",
        "Kysyttiin kuulumiset ja myös kuunneltiin.",
        "Vastaanotossa ystävällinen ja rauhallinen tunnelma.",
        "Sain ajan ennen töitä, hienosti järjestetty.",
    ),
    "he": (
        "קיבלו אותי בחיוך וזכרו את השם שלי.",
        "הסבירו כל דבר לפני שקרה, בסבלנות.",
        "נכנסתי בדיוק בזמן ובלי לחץ.",
        "יחס אישי וחם, מרגישים בבית.",
        "הבת שלי ביקשה לחזור, זה אומר הכול.",
        "נרשמתי בהודעה וישר אמרו לי איפה לשבת.",
        "במזכירות מצאו לי תור לפני העבודה.",
        "הקשיבו לי באמת.",
    ),
}
_PASSIVE = {
    "en": (
        "All fine. The door downstairs is hard to find.",
        "Friendly, only the waiting room was full.",
        "Good. A later evening time would help.",
    ),
    "fi": (
        "Kaikki hyvin, alaovi oli vaikea löytää.",
        "Ystävällistä, odotustila oli täynnä.",
        "Hyvä. Iltaan lisää aikoja.",
    ),
    "he": ("היה בסדר, קצת קשה למצוא את הכניסה.", "יחס נעים, רק חדר ההמתנה היה מלא.", "טוב. חסרים תורים בערב."),
}
_LOW = {
    "en": (
        "I waited half an hour and nobody said why.",
        "The telephone rang all the time while we were talking.",
        "I felt like a number. Nobody looked up from the screen.",
        "I wrote a question and had no answer.",
    ),
    "fi": (
        "Odotin puoli tuntia, eikä kukaan kertonut miksi.",
        "Puhelin soi koko ajan, kun keskustelimme.",
        "Tuntui liukuhihnalta, kukaan ei katsonut silmiin.",
        "Kysyin viestillä, mutta vastausta ei tullut.",
    ),
    "he": (
        "חיכיתי חצי שעה ואף אחד לא אמר למה.",
        "הטלפון צלצל כל הזמן בזמן שדיברנו.",
        "הרגשתי כמו מספר, לא הרימו את העיניים מהמסך.",
        "שאלתי בהודעה ולא קיבלתי תשובה.",
    ),
}


def score(rng: Random) -> int:
    return rng.choices(list(SCORES), list(SCORES.values()))[0]


def words(rng: Random, score: int, language: str) -> str:
    said = _HIGH if score >= PROMOTER else _LOW if score <= DETRACTOR else _PASSIVE
    return rng.choice(said[language])
