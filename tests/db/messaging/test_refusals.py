"""Who wants no messages of a purpose, and where nothing arrives."""

import pytest

from tests.db.booking.acts import stored
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import tx
from turnet.messaging import refusals
from turnet.messaging.kinds import KINDS

PHONE, OTHER = "+358401234567", "+358407654321"
REFUSABLE = {"reminder": "reminders", "checkin": "reminders", "feedback": "feedback", "service_offer": "offers"}


@pytest.mark.parametrize("kind", sorted(kind.name for kind in KINDS.values() if kind.audience == "patient"))
async def test_a_refusal_stops_its_purpose_and_nothing_else(engine: AnyEngine, clock: FrozenClock, kind: str) -> None:
    stopped = []
    for purpose in refusals.PURPOSES:
        async with tx():
            await refusals.opt_out(PHONE, purpose, source="sms", now=clock.now())
            if await refusals.refusal(KINDS[kind], PHONE):
                stopped.append(purpose)
            await refusals.opt_in(PHONE, purpose, now=clock.now())

    assert stopped == ([REFUSABLE[kind]] if kind in REFUSABLE else [])


async def test_the_same_refusal_is_news_once(engine: AnyEngine, clock: FrozenClock) -> None:
    async with tx():
        said = [await refusals.opt_out(PHONE, "feedback", source="sms", now=clock.now()) for _ in range(2)]
        back = [await refusals.opt_in(PHONE, "feedback", now=clock.now()) for _ in range(2)]
        said.append(await refusals.opt_out(PHONE, "feedback", source="link", now=clock.now()))

    assert (said, back) == ([True, False, True], [True, False])
    assert await stored("contact, source, lifted_at FROM opt_out") == [(PHONE, "link", None)]
    assert (await refusals.opted_out(PHONE, "feedback"), await refusals.opted_out(OTHER, "feedback")) == (True, False)


async def test_nothing_goes_where_a_stranger_answers_until_staff_say_it_is_right(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    kind = KINDS["booking_confirmed"]
    async with tx():
        await refusals.suspend(PHONE, "wrong_number", now=clock.now())
    why = await refusals.refusal(kind, PHONE)
    async with tx():
        lifted = [await refusals.lift(PHONE, clock.now()) for _ in range(2)]

    assert why == "nothing is sent to this contact: wrong_number"
    assert (await refusals.refusal(kind, OTHER), await refusals.refusal(kind, PHONE)) == (None, None)
    assert lifted == [True, False]


async def test_a_full_mailbox_is_counted_and_still_written_to(engine: AnyEngine, clock: FrozenClock) -> None:
    async with tx():
        await refusals.suspend("dana@mail.example", "soft", now=clock.now())

    assert await refusals.suspended("dana@mail.example") is None
