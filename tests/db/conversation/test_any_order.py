"""Whatever people write, in whatever order, while the desk works and time passes: what never happens does not."""

import random
from typing import Any

import pytest

from tests.db.booking.acts import overlaps, staff, stored
from tests.db.conversation.script import moment
from tests.db.conversation.talk import Talk
from tests.factories import at
from turnet.booking import service
from turnet.booking.doubts import doubted
from turnet.booking.model import Wish
from turnet.conversation.meaning import Asked
from turnet.conversation.service import coming, understand
from turnet.db.transactions import fetch
from turnet.errors import TurnetError

NAMES = ("Dana", "Omer", "Noa")
TEXTS = (
    "1", "1", "2", "2", "yes", "no", "A", "B", "C", "a here", "here", "stop", "start", "cancel", "none", "ok see you", "what?",
    "A yes", "B cannot", "לא", "כן", "en pääse",
)  # fmt: skip
BARE = {"1", "yes", "here", "ok see you"}
STEPS = 40
ALONG = 10
"""A seed with which whoever cannot come would be taken along."""


async def _says(talk: Talk, text: str) -> list[str]:
    """Nobody who said that they cannot come is taken to come because the others do."""
    doubts = await doubted([visit.id for visit in talk.visits.values()])
    before = {visit.id: await talk.state(name) for name, visit in talk.visits.items()}
    await talk.them(text)
    after = {visit.id: await talk.state(name) for name, visit in talk.visits.items()}
    [(several,)] = await fetch(
        "SELECT count(DISTINCT s.booking) FROM prompt_subject s WHERE s.prompt = (SELECT prompt FROM inbound "
        "WHERE id = (SELECT max(id) FROM inbound))"
    )
    with_others = text in BARE and several > 1 and any(before[id] != after[id] for id in doubts)
    return ["who cannot come was taken along"] if with_others else []


async def _something(talk: Talk, chance: random.Random) -> list[str]:
    what = chance.random()
    name = chance.choice(NAMES)
    visit = talk.visits[name]
    try:
        if what < 0.6:
            return await _says(talk, chance.choice(TEXTS))
        if what < 0.75:
            await talk.ask(chance.choice([Asked.CONFIRM, Asked.CHECKIN]), *chance.sample(NAMES, chance.randint(1, 3)))
        elif what < 0.9:
            talk.clock.advance(minutes=chance.choice([1, 15, 40, 300]))
        else:
            start = moment(chance.choice(["Wed+", "Thu+", "Fri+"]), chance.choice(["13:00", "14:00", "15:00"]))
            await service.move(staff(talk.clock), talk.clinic, visit.id, _wish(talk, name, start), tell=False)
    except TurnetError:
        pass  # the desk was refused
    return []


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
        if wrong := await _something(talk, chance) or await _wrong():
            return wrong
    return []


@pytest.mark.parametrize("seed", [*range(8), ALONG])
async def test_whatever_they_write(talk: Talk, seed: int) -> None:
    assert await _walk(talk, seed) == []
    assert await stored("count(*) FROM inbound") > [(5,)]


async def test_control_one_that_takes_everybody_along_is_caught(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(_visits: Any) -> frozenset[int]:
        return frozenset()

    monkeypatch.setattr(coming, "doubted", nobody)

    assert await _walk(talk, ALONG) == ["who cannot come was taken along"]


async def test_control_one_that_cancels_is_caught(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancels(case: Any, prompt: Any, _reading: Any) -> str:
        await service.cancel(staff(talk.clock), case.clinic, prompt.subjects[0].booking)
        return "cancelled"

    monkeypatch.setattr(understand, "_ACTS", dict.fromkeys(understand._ACTS, cancels))

    assert await _walk(talk, 0) == ["a visit was cancelled"]
