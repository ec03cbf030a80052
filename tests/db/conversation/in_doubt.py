"""Somebody wrote that they cannot come, chose no other time, and the desk has not got round to it."""

from turnet.booking.model import Visit
from turnet.clock import FrozenClock
from turnet.conversation import prompts
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import Subject
from turnet.conversation.service.thread import to_desk
from turnet.db.transactions import tx


async def says_they_cannot(clock: FrozenClock, visit: Visit, *others: Visit) -> None:
    """Of several: one of them cannot."""
    now, of = clock.now(), [visit, *others]
    asked = Asked.WHICH if others else Asked.TIMES
    subjects = [
        Subject(one.id, one.visit_no, letter, wish={"then": "cannot"}) for one, letter in zip(of, "AB", strict=False)
    ]
    async with tx():
        id = await prompts.open_one(visit.phone, "", asked, subjects, language="en", until=now, now=now)
        await prompts.end(id, "expired", now=now)
        await to_desk(visit.phone, "cannot_come", now=now)
