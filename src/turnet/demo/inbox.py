"""What waits for a person when the demo starts: a few SMS that no machine should answer. In UTC minutes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from turnet.booking.states import COMING
from turnet.demo.clinics import in_three
from turnet.demo.lives import Lives
from turnet.demo.people import Someone
from turnet.demo.visits import Planned

_LATE = in_three(
    "Hi, the tram is stuck, I am 10 min late",
    "Hei, ratikka seisoo, olen 10 min myöhässä",
    "שלום, תקועה בפקק, אאחר ב־10 דקות",
)
_QUESTION = "שלום, אפשר להגיע עם עגלה? יש מעלית בבניין?"
_STRANGER = in_three(
    "Hello, my neighbour gave me this number. Do you take new people?",
    "Hei, sain numeron naapurilta. Otatteko uusia asiakkaita?",
    "שלום, השכנה נתנה לי את המספר. אתם מקבלים אנשים חדשים?",
)
_UNKNOWN = {"FI": "+358400009981", "IL": "+972500009981"}
"""In nobody's card."""


@dataclass(frozen=True)
class Waiting:
    phone: str
    language: str
    text: str
    at: int
    why: str
    visit: int | None
    """Place in the list of planned visits."""


def waiting(lives: Lives, people: Sequence[Someone], lang: str, region: str, dead: Collection[str]) -> list[Waiting]:
    """By time, the oldest first; of nobody who was just asked something, or who is not reached."""
    visits, now = lives.visits, lives.now
    busy = {*dead, *(question.phone for question in lives.questions if question.until > now)}
    coming = sorted(
        (visit.start, place) for place, visit in enumerate(visits)
        if visit.state in COMING and visit.start > now + 5 and people[visit.patient].phone not in busy
    )  # fmt: skip
    found = [Waiting(_unknown(region, people), lang, _STRANGER[lang], now - 190, "unclear", None)]
    for only, texts, ago in (("he", in_three("", "", _QUESTION), 47), ("", _LATE, 6)):
        chosen = next((place for _start, place in coming if _fits(people, visits[place], only, found)), None)
        if chosen is not None:
            one = people[visits[chosen].patient]
            found.append(Waiting(one.phone, one.language, texts[one.language], now - ago, "unclear", chosen))
    return found


def _fits(people: Sequence[Someone], visit: Planned, language: str, found: Sequence[Waiting]) -> bool:
    one = people[visit.patient]
    return one.language == (language or one.language) and one.phone not in {other.phone for other in found}


def _unknown(region: str, people: Sequence[Someone]) -> str:
    known, number = {one.phone for one in people}, _UNKNOWN[region]
    while number in known:
        number = f"+{int(number) + 1}"
    return number
