"""Conversations as they are read on a telephone, one line a step:

visit Dana Thu 09:20          booked with Sanna for this week's or next week's day
asks confirm Dana Omer        an SMS that asks leaves now
← 1                           they write, and we work on it
→ Thank you …                 what left since; all of it, in order. `→ nothing` says so
: Dana confirmed Thu 09:20    what has become of a visit
desk: cannot_come             why a person has to look; `desk: nothing`
in doubt: Dana                who said that they cannot come, and is not settled; `in doubt: nobody`
clock 30m                     time passes (m, h, d), and questions end
moves Dana Fri 10:00 · cancels Dana · marks Dana confirmed · finishes     at the desk
said Dana It was fine         what is kept of what they said of a visit
late 10                       Sanna runs late today
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from tests.db.booking.acts import KEY, staff
from tests.db.conversation.talk import Talk
from tests.factories import at
from turnet.booking import service
from turnet.booking.doubts import doubted
from turnet.booking.model import Wish
from turnet.booking.states import State
from turnet.conversation.meaning import Asked
from turnet.conversation.queries import thread_of
from turnet.conversation.service import answer, desk
from turnet.db.transactions import fetch, tx
from turnet.feedback import service as feedback

MONDAY = date(2026, 11, 30)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+", "Tue+", "Wed+", "Thu+", "Fri+")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_OUTGOING = "→ "


def moment(day: str, time: str) -> str:
    """`Thu 09:20` as an instant of the clinic's clock; `Mon+` is next week's."""
    return f"{MONDAY + timedelta(days=DAYS.index(day))}T{time}+02:00"


async def play(talk: Talk, script: str) -> None:
    lines = [line.strip() for line in script.strip().splitlines() if line.strip()]
    said: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith(_OUTGOING):
            said.append(line.removeprefix(_OUTGOING))
            if not following.startswith(_OUTGOING):
                assert await talk.us() == [text for text in said if text != "nothing"], f"before: {following}"
                said = []
        else:
            await _step(talk, line)


async def _step(talk: Talk, line: str) -> None:
    if line.startswith("← "):
        await talk.them(line.removeprefix("← "))
    elif line.startswith(": "):
        name, *wanted = line.removeprefix(": ").split()
        now = [await talk.state(name), *(await talk.start(name)).split()]
        assert now[: len(wanted)] == wanted, line
    elif line.startswith("desk: "):
        assert (await talk.desk() or "nothing") == line.removeprefix("desk: ")
    elif line.startswith("in doubt: "):
        found = await doubted([visit.id for visit in talk.visits.values()])
        names = [name for name, visit in talk.visits.items() if visit.id in found]
        assert (" ".join(names) or "nobody") == line.removeprefix("in doubt: ")
    else:
        word, *rest = line.split()
        await _WORDS[word](talk, *rest)


async def _visit(talk: Talk, name: str, day: str, time: str, by: str = "sanna") -> None:
    await talk.book(f"{name} Levi", moment(day, time), by)


async def _asks(talk: Talk, what: str, *names: str) -> None:
    if what == "score":
        for name in names:
            await feedback.asked(talk.visits[name], contact=talk.phone, channel="sms", key=KEY, now=talk.clock.now())
    assert await talk.ask(Asked(what), *names) is None


async def _clock(talk: Talk, step: str) -> None:
    talk.clock.advance(**{UNITS[step[-1]]: float(step[:-1])})
    await answer.work(talk.settings, talk.clock)


async def _moves(talk: Talk, name: str, day: str, time: str) -> None:
    visit = talk.visits[name]
    wish = Wish(visit.service, at(moment(day, time)), visit.location, visit.practitioner)
    await service.move(staff(talk.clock), talk.clinic, visit.id, wish, tell=False)


async def _cancels(talk: Talk, name: str) -> None:
    await service.cancel(staff(talk.clock), talk.clinic, talk.visits[name].id, by="clinic", tell=False)


async def _marks(talk: Talk, name: str, state: str) -> None:
    await service.mark(staff(talk.clock), talk.clinic, talk.visits[name].id, State(state))


async def _finishes(talk: Talk) -> None:
    found = await thread_of(talk.phone)
    await desk.done(staff(talk.clock), found.public_id)


async def _takes_everything(talk: Talk) -> None:
    """Somebody else books every time that is offered."""
    async with tx():
        await fetch("DELETE FROM claim WHERE kind = 'offer'")


async def _said(talk: Talk, name: str, *words: str) -> None:
    rows = await fetch("SELECT comment FROM feedback WHERE booking = {}", talk.visits[name].id)
    assert rows == [(" ".join(words),)]


async def _scored(talk: Talk, name: str, score: str) -> None:
    assert await fetch("SELECT score FROM feedback WHERE booking = {}", talk.visits[name].id) == [(int(score),)]


async def _late(talk: Talk, minutes: str) -> None:
    sanna = talk.clinic.practitioners["sanna"].id
    await service.run_late(staff(talk.clock), talk.clinic, sanna, int(minutes))


_WORDS: dict[str, Callable[..., Awaitable[None]]] = {
    "visit": _visit, "asks": _asks, "clock": _clock, "moves": _moves, "cancels": _cancels, "late": _late,
    "scored": _scored, "marks": _marks, "finishes": _finishes,
    "gone": _takes_everything, "said": _said,
}  # fmt: skip
