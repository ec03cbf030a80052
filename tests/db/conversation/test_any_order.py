"""Whatever people write, in whatever order, while the desk works and time passes: what never happens does not."""

import random
from typing import Any

import pytest

from tests.db.booking.acts import overlaps, staff, stored
from tests.db.conversation.script import moment
from tests.db.conversation.talk import Talk
from tests.factories import at
from turnet.booking import service
from turnet.booking.model import Wish
from turnet.conversation.meaning import Asked
from turnet.conversation.service import understand
from turnet.db.transactions import fetch
from turnet.errors import TurnetError

NAMES = ("Dana", "Omer", "Noa")
TEXTS = (
    "1", "1", "2", "2", "yes", "no", "A", "B", "C", "a here", "here", "stop", "start", "cancel", "none", "ok see you", "what?",
    "A yes", "B cannot", "לא", "כן", "en pääse",
)  # fmt: skip
STEPS = 40


async def _something(talk: Talk, chance: random.Random) -> None:
    what = chance.random()
    name = chance.choice(NAMES)
    visit = talk.visits[name]
    try:
        if what < 0.6:
            await talk.them(chance.choice(TEXTS))
        elif what < 0.75:
            await talk.ask(chance.choice([Asked.CONFIRM, Asked.CHECKIN]), *chance.sample(NAMES, chance.randint(1, 3)))
        elif what < 0.9:
            talk.clock.advance(minutes=chance.choice([1, 15, 40, 300]))
        else:
            start = moment(chance.choice(["Wed+", "Thu+", "Fri+"]), chance.choice(["13:00", "14:00", "15:00"]))
            await service.move(staff(talk.clock), talk.clinic, visit.id, _wish(talk, name, start), tell=False)
    except TurnetError:
        pass  # the desk was refused


def _wish(talk: Talk, name: str, start: str) -> Wish:
    visit = talk.visits[name]
    return Wish(visit.service, at(start), visit.location, visit.practitioner)


async def _wrong() -> list[str]:
    """Names of what must never be and is."""
    checks = {
        "a visit was cancelled": "SELECT 1 FROM booking WHERE state = 'cancelled'",
        "two questions are open": "SELECT 1 FROM prompt WHERE state = 'open' GROUP BY phone HAVING count(*) > 1",
        "one SMS was answered twice": "SELECT 1 FROM message WHERE inbound IS NOT NULL GROUP BY inbound HAVING count(*) > 1",
        "a coming visit has no time": "SELECT 1 FROM booking b WHERE b.state IN ('booked', 'confirmed') "
        "AND NOT EXISTS (SELECT 1 FROM occupancy o WHERE o.claim = b.claim)",
        "an SMS was left": "SELECT 1 FROM inbound WHERE state <> 'done'",
        "what was confirmed was never asked": "SELECT 1 FROM booking_event e WHERE e.act = 'confirmed' AND NOT EXISTS "
        "(SELECT 1 FROM prompt_subject s JOIN prompt p ON p.id = s.prompt WHERE s.booking = e.booking AND p.asked_at <= e.at)",
    }
    found = [name for name, sql in checks.items() if await fetch(f"{sql} LIMIT 1")]
    return [*found, *(["two in one chair"] if await overlaps() else [])]


async def _walk(talk: Talk, seed: int) -> list[str]:
    chance = random.Random(seed)
    for name, start in zip(NAMES, ("Thu 09:20", "Thu 10:00", "Fri 09:20"), strict=True):
        await talk.book(f"{name} Levi", moment(*start.split()))
    for _ in range(STEPS):
        await _something(talk, chance)
        if wrong := await _wrong():
            return wrong
    return []


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_they_write(talk: Talk, seed: int) -> None:
    assert await _walk(talk, seed) == []
    assert await stored("count(*) FROM inbound") > [(5,)]


async def test_control_one_that_cancels_is_caught(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancels(case: Any, prompt: Any, _reading: Any) -> str:
        await service.cancel(staff(talk.clock), case.clinic, prompt.subjects[0].booking)
        return "cancelled"

    monkeypatch.setattr(understand, "_ACTS", dict.fromkeys(understand._ACTS, cancels))

    assert await _walk(talk, 0) == ["a visit was cancelled"]
