"""Made-up people live on while the clock moves: they answer, come or stay away, and say how it was.

Through the doors that everybody uses: an SMS is received, and the desk marks who came. Nobody lives for whoever tries
the demo: only for visits made up with the clinic, and from no telephone with which somebody booked or typed since. Dice
are thrown by the visit, so that the same clinic lives the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from random import Random

from turnet import i18n
from turnet.booking.model import Act
from turnet.booking.service import mark
from turnet.booking.states import COMING, State
from turnet.checkin.model import BEFORE
from turnet.clinic.model import Clinic
from turnet.clock import Clock
from turnet.conversation.meaning import Asked
from turnet.conversation.service import receive
from turnet.db.transactions import fetch
from turnet.demo import opinions
from turnet.demo.lives import CHECKS_IN, CONFIRMS, HERE, SAYS_WHY, SCORES, YES
from turnet.demo.talk import PROVIDER
from turnet.demo.visits import NO_SHOW
from turnet.errors import NotAllowed, Stale
from turnet.messaging.answers import shown
from turnet.messaging.channels import Incoming
from turnet.staff.model import Role
from turnet.staff.queries import active

TYPED = "typed-"
"""What the id of an SMS begins with that somebody typed on a pretend phone."""
CANNOT, TAKES_ANOTHER = 0.06, 0.7
"""Share of the visits whose people cannot come and say so, and of those who then take the first time they are offered."""
CHECKED_IN_LATER = timedelta(hours=3)
"""A question to check in that is asked longer before the visit is folded into its reminder, and confirms first."""
WILLING = {
    Asked.CONFIRM: CONFIRMS, Asked.CHECKIN: CHECKS_IN, Asked.TIMES: TAKES_ANOTHER, Asked.SCORE: SCORES, Asked.WHY: SAYS_WHY,
}  # fmt: skip
"""Share of those asked who answer."""
DELAYS = {Asked.CONFIRM: 45, Asked.CHECKIN: 45, Asked.TIMES: 1, Asked.SCORE: 100, Asked.WHY: 12}
"""Minutes until they answer, on average; they do when the clock stops next."""


Fate = Enum("Fate", "COMES CANNOT FORGETS")


@dataclass(frozen=True, slots=True)
class Question:
    id: int
    kind: Asked
    phone: str
    language: str
    asked_at: datetime
    letter: str
    """The first one to choose."""
    visits: int
    visit: str
    """Public id of the first, which is at `starts_at`."""
    starts_at: datetime

    def near(self, now: datetime) -> bool:
        """May they check in?"""
        return self.kind is Asked.CHECKIN and self.starts_at - now <= BEFORE


async def live(clinic: Clinic, clock: Clock, key: bytes) -> None:
    """What people do at this moment. Nothing where the clinic was not made up."""
    for (since,) in await fetch("SELECT created_at FROM staff_user ORDER BY id LIMIT 1"):  # right after the visits
        for question in await _questions(since, clock.now()):
            if text := said(question, clock.now()):
                await _write(question, text, clock)
        await _mark(clinic, since, clock, key)


async def _questions(since: datetime, now: datetime) -> list[Question]:
    rows = await fetch(
        "SELECT p.id, p.kind, p.phone, p.language, p.asked_at, s.letter, b.public_id, b.starts_at, "
        "(SELECT count(DISTINCT o.booking) FROM prompt_subject o WHERE o.prompt = p.id) "
        "FROM prompt p JOIN prompt_subject s ON s.prompt = p.id JOIN booking b ON b.id = s.booking "
        "WHERE p.state = 'open' AND p.expires_at > {} "
        "AND p.phone NOT IN (SELECT c.phone FROM booking c WHERE c.created_at >= {}) "
        "AND p.phone NOT IN (SELECT i.sender FROM inbound i WHERE i.provider_id LIKE {}) "
        "ORDER BY p.id, s.letter",
        *(now, since, f"{TYPED}%"),
    )
    first = {row[0]: row for row in reversed(rows)}
    return [
        Question(id, Asked(kind), phone, language, asked_at, letter, visits, visit, starts_at)
        for id, kind, phone, language, asked_at, letter, visit, starts_at, visits in sorted(first.values())
    ]


def fate(visit: str) -> Fate:
    return Random(visit).choices(list(Fate), (1 - CANNOT - NO_SHOW, CANNOT, NO_SHOW))[0]  # noqa: S311  (dice, not secrets)


def said(question: Question, now: datetime) -> str:
    """What they answer now; empty: nothing, or not yet."""
    dice = Random(f"{question.visit} {question.kind}")  # noqa: S311
    delay = 1 + dice.expovariate(1 / DELAYS.get(question.kind, 1))
    if dice.random() >= WILLING.get(question.kind, 0) or now < question.asked_at + timedelta(minutes=delay):
        return ""
    score = opinions.score(Random(question.visit))  # noqa: S311
    match question.kind:
        case Asked.TIMES:
            with i18n.speaking(question.language):
                return shown(question.letter)
        case Asked.SCORE:
            return str(score)
        case Asked.WHY:
            return opinions.words(dice, score, question.language)
    return _of_coming(question, dice, now)


def _of_coming(question: Question, dice: Random, now: datetime) -> str:
    fated, before = fate(question.visit), question.starts_at - question.asked_at
    if question.near(now):
        in_time = now < question.starts_at  # later the desk has marked who is here
        return dice.choice(HERE[question.language]) if fated is Fate.COMES and in_time else ""
    if fated is Fate.CANNOT and question.visits == 1:
        return "2"
    asks = question.kind is Asked.CONFIRM or before > CHECKED_IN_LATER
    return dice.choice(YES[question.language]) if fated is Fate.COMES and asks else ""


async def _write(question: Question, text: str, clock: Clock) -> None:
    """Once for each question, and once more at the door. Received by the demo's clock: a week of it lasts seconds."""
    id = f"lived-{question.id}{'-here' if question.near(clock.now()) else ''}"
    came = Incoming(id=id, sender=question.phone, to="", text=text)
    await receive.store(PROVIDER, came, text.encode(), our_number="", real=clock.now(), now=clock.now())


async def _mark(clinic: Clinic, since: datetime, clock: Clock, key: bytes) -> None:
    """The desk marks who is here, who has left and who never came."""
    rows = await fetch(
        "SELECT id, public_id, visit_no, state, ends_at FROM booking WHERE starts_at <= {} AND created_at < {} "
        "AND state IN ('booked', 'confirmed', 'arrived', 'in_room') ORDER BY starts_at, id",
        *(clock.now(), since),
    )
    desk = next(iter(await active([Role.RECEPTION])), None) if rows else None
    if desk is None:
        return
    act = Act(clock.now(), clock.real(), key, actor=desk.actor, door="desk", staff=desk)
    for id, visit, visit_no, state, ends_at in rows:
        for to in _next(visit, visit_no, State(state), over=ends_at <= act.now):
            try:
                await mark(act, clinic, id, to)
            except (NotAllowed, Stale):  # somebody at the desk was quicker
                break


def _next(visit: str, visit_no: int, state: State, *, over: bool) -> Sequence[State]:
    if state in COMING and fate(visit) is not Fate.COMES and visit_no == 1:
        return [State.NO_SHOW] if over else []
    on_time = [State.DONE] if over else [State.IN_ROOM] if state is not State.IN_ROOM else []
    return [State.ARRIVED, *on_time] if state in COMING else on_time
