"""They want no more messages, or want them again. It is the telephone that refuses, whoever holds it."""

from datetime import timedelta

from turnet.conversation import prompts
from turnet.conversation.meaning import Asked, Meaning, Reading, read
from turnet.conversation.prompts import Open
from turnet.conversation.service.case import Case, lately, reply, was_open
from turnet.conversation.service.thread import to_desk
from turnet.db.transactions import fetch
from turnet.messaging import refusals
from turnet.messaging.kinds import KINDS, Consent

DAY = timedelta(days=1)
_OPINION = frozenset({Asked.SCORE, Asked.WHY})


async def about_messages(case: Case, asked: list[Open]) -> str:
    """The outcome of STOP and START; empty for anything else."""
    open_ = next((one for one in asked if was_open(case, one)), None)
    kind = open_.kind if open_ else Asked.NOTHING
    letters = open_.letters if open_ else ()
    reading = read(case.inbound.text, kind, language=case.language, letters=letters)
    if reading.meaning is Meaning.STOP:
        return await _out(case, reading, open_)
    return await _in(case) if reading.meaning is Meaning.START else ""


async def _out(case: Case, reading: Reading, open_: Open | None) -> str:
    """What belongs to a visit still comes, and every visit stays: whoever may have meant a visit is called."""
    purposes = ["feedback", "offers", *(["reminders"] if await _reminded(case, open_) else [])]
    fresh = [one for one in purposes if await refusals.opt_out(case.phone, one, source="sms", now=case.now)]
    if open_ and open_.kind in _OPINION:
        await prompts.end(open_.id, "closed", now=case.now)
    if reading.wants_out:
        await to_desk(case.phone, "wants_out", now=case.now)
    if fresh or (reading.wants_out and not await lately(case, "opted_out", DAY)):
        await reply(case, "opted_out", wants_out=reading.wants_out)
    return "opted_out"


async def _reminded(case: Case, open_: Open | None) -> bool:
    """Is it the answer to a reminder or a check-in: the question that is open, or the last that we sent?"""
    if open_:
        return open_.kind not in _OPINION
    rows = await fetch(
        "SELECT kind FROM message WHERE recipient = {} AND channel = 'sms' AND state IN ('sent', 'delivered', 'unknown') "
        "AND kind NOT LIKE 'answer_%' ORDER BY finished_at DESC LIMIT 1",
        case.phone,
    )
    return bool(rows) and rows[0][0] in KINDS and KINDS[rows[0][0]].consent is Consent.REMINDER


async def _in(case: Case) -> str:
    back = [one for one in refusals.PURPOSES if await refusals.opt_in(case.phone, one, now=case.now)]
    if not back:
        return ""  # they refused nothing: a person reads what they mean
    await reply(case, "opted_in")
    return "opted_in"
