"""What the desk does in a conversation: answers, takes it, gives it back, is done with it, says that the number is wrong.

Every act raises NotYours and NotFound; with a `version` that is not the conversation's any more, Stale.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.booking.service.attempt import attempt
from turnet.clinic.model import Clinic
from turnet.conversation.queries import Thread, patients_of, thread, thread_of
from turnet.conversation.service.thread import said
from turnet.db.transactions import fetch
from turnet.db.versions import raise_diary
from turnet.errors import Invalid, NotAllowed, NotFound, Stale
from turnet.feedback.queries import Comment, comment_by_id
from turnet.feedback.service import set_state
from turnet.i18n import LANGUAGES
from turnet.messaging import outbox, refusals
from turnet.messaging.failures import lost_with
from turnet.messaging.held import NotAgain
from turnet.messaging.held import again as send_again
from turnet.messaging.outbox import Draft
from turnet.messaging.sms_text import plain
from turnet.patients.callers import calling_from
from turnet.patients.model import clean_note
from turnet.staff.permissions import require

ACT = "inbox.work"
USEFUL = timedelta(days=1)
"""How long an answer of the desk is worth sending."""
ECHO = timedelta(minutes=10)
"""Within it the same text is the same answer."""
LONGEST = 480
"""Characters: seven parts of Hebrew at most."""
WRONG = "wrong_number"


@dataclass(frozen=True, slots=True)
class Change:
    """What an act writes into the conversation, and how the audit calls it."""

    act: str
    columns: Mapping[str, object]


async def answer(
    act: Act, clinic: Clinic, phone: str, text: str, *, once: str, version: int | None = None, finish: bool = False
) -> Thread:
    """Sends what staff wrote to the telephone, as they wrote it; with the same `once` it goes once, and so does the same
    text within `ECHO` while nobody said anything else: a browser that goes back keeps what was typed, in a new form.

    Whoever answers has taken the conversation, and with `finish` is done with it. Raises also Invalid (`text`: `required`,
    `too_long`, `characters`, or `suspended` for a number to which nothing is sent).
    """
    require(act.staff, ACT)
    clean = _clean(text)
    dedupe = f"desk_answer:{phone}:{once}"

    async def work() -> Thread:
        if await _sent(dedupe):
            return await thread_of(phone)
        if await refusals.suspended(phone):
            raise Invalid({"text": "suspended"})
        if await _just_said(phone, clean, act.now):
            return await _finished(act, await thread_of(phone), version) if finish else await thread_of(phone)
        staff = act.staff.id if act.staff else None
        columns = {"staff": staff} | ({"state": "done"} if finish else {})
        await _change(act, await thread_of(phone), Change("desk_answered", columns), version)
        await _send(act, phone, clean, await language_of(phone, clinic), dedupe)
        await said(phone, now=act.now)
        return await thread_of(phone)

    try:
        return await attempt(work)
    except Stale:
        if await _sent(dedupe):  # by the same form, a moment ago
            return await thread_of(phone)
        raise


def _clean(text: str) -> str:
    clean = plain(clean_note(text, field="text"))
    if not clean:
        raise Invalid({"text": "required"})
    if len(clean) > LONGEST:
        raise Invalid({"text": "too_long"})
    return clean


async def _sent(dedupe: str) -> bool:
    return bool(await fetch("SELECT 1 FROM message WHERE dedupe = {}", dedupe))


async def _just_said(phone: str, text: str, now: datetime) -> bool:
    """Is it, word for word, the last thing that was said to this telephone or by it?"""
    rows = await fetch(
        "SELECT m.facts FROM message m WHERE m.recipient = {} AND m.channel = 'sms' AND m.created_at > {} "
        "AND m.state NOT IN ('cancelled', 'skipped', 'failed') AND NOT EXISTS "
        "(SELECT 1 FROM inbound i WHERE i.sender = m.recipient AND i.at > m.created_at) "
        "ORDER BY m.created_at DESC LIMIT 1",
        *(phone, now - ECHO),
    )
    return bool(rows) and json.loads(rows[0][0]).get("text") == text


async def _finished(act: Act, found: Thread, version: int | None) -> Thread:
    return await done(act, found.public_id, version=version) if found.is_open else found


async def language_of(phone: str, clinic: Clinic) -> str:
    """Of whoever has the telephone; of the clinic where nobody is known."""
    known = await calling_from(phone)
    return next((one.language for one in known if one.language in LANGUAGES), clinic.default_language)


async def _send(act: Act, phone: str, text: str, language: str, dedupe: str) -> None:
    draft = Draft(
        kind="desk_answer",
        channel="sms",
        recipient=phone,
        language=language,
        dedupe=dedupe,
        due_at=act.now,
        not_after=act.now + USEFUL,
        facts={"text": text},
    )
    await outbox.add_all([draft], now=act.now)
    await fetch("UPDATE message SET staff = {} WHERE dedupe = {}", act.staff.id if act.staff else None, dedupe)


async def take(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    """It is theirs, until they give it back or somebody else takes it."""
    return await _act(act, public_id, Change("desk_took", {"staff": act.staff.id if act.staff else None}), version)


async def give_back(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    return await _act(act, public_id, Change("desk_gave_back", {"staff": None}), version)


async def done(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    """Nothing waits any more, until they write again and a person has to look."""
    return await _act(act, public_id, Change("desk_done", {"state": "done"}), version)


async def reopen(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    """Open again, for the reason and since the moment that it was open before; now where it never was."""
    return await _act(act, public_id, Change("desk_reopened", {"state": "open"}), version)


async def wrong_number(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    """A stranger has this telephone: nothing more goes there, whoever's visit it is about, and nothing waits."""

    async def work() -> Thread:
        found = await _mine(act, public_id)
        await _change(act, found, Change("number_wrong", {"state": "done"}), version)
        await refusals.suspend(found.phone, WRONG, now=act.now)
        return await thread(public_id)

    return await attempt(work)


async def not_wrong(act: Act, public_id: str, *, version: int | None = None) -> Thread:
    """Takes `wrong_number` back: it opens again, as it was."""

    async def work() -> Thread:
        found = await reopen(act, public_id, version=version)
        await right_number(act, found.phone)
        return found

    return await attempt(work)


async def right_number(act: Act, contact: str) -> bool:
    """Messages go to this number or address again. False: they did already."""
    require(act.staff, ACT)

    async def work() -> bool:
        lifted = await refusals.lift(contact, act.now)
        if lifted:
            await _note(act, "number_right", contact, {})
            await raise_diary()
        return lifted

    return await attempt(work)


async def dealt(act: Act, message: UUID) -> None:
    """Somebody has dealt with a message that did not arrive and with all that was lost with it. Twice is once."""
    await _mark(
        act,
        message,
        "failure_dealt",
        "INSERT INTO dealt (message, staff, at) VALUES ({}, {}, {}) ON CONFLICT (message) DO NOTHING RETURNING id",
        *(act.staff.id if act.staff else 0, act.now),
    )


async def not_dealt(act: Act, message: UUID) -> None:
    """Takes `dealt` back."""
    await _mark(act, message, "failure_back", "DELETE FROM dealt WHERE message = {} RETURNING id")


async def _mark(act: Act, message: UUID, name: str, sql: str, *args: object) -> None:
    require(act.staff, ACT)

    async def work() -> None:
        rows = await fetch("SELECT recipient FROM message WHERE id = {} AND state IN ('failed', 'unknown')", message)
        if not rows:
            raise NotFound(what="message")
        if await fetch(sql, message, *args):
            await _note(act, name, rows[0][0], {"message": str(message)})
            await raise_diary()

    await attempt(work)


async def again(act: Act, message: UUID) -> None:
    """Sends one that failed once more, and what was lost with it; what may have arrived too, because somebody decides so.

    Raises NotAllowed when none of them can be sent any more.
    """
    require(act.staff, ACT)

    async def work() -> None:
        rows = await fetch("SELECT recipient FROM message WHERE id = {}", message)
        if not rows:
            raise NotFound(what="message")
        together = await lost_with(message, now=act.now) or [message]
        if not any([await _leaves_again(one, act.now) for one in together]):
            raise NotAllowed(message=str(message))
        await _note(act, "failure_again", rows[0][0], {"message": str(message)})
        await raise_diary()

    await attempt(work)


async def _leaves_again(message: UUID, now: datetime) -> bool:
    """False: it left already, or its visit has begun."""
    try:
        await send_again(message, now)
    except NotAgain:
        return False
    return True


# --- a low score, which stands here and among what patients say


_ABOUT_A_SCORE = (
    "SELECT c.public_id FROM conversation c JOIN feedback f ON f.contact = c.phone WHERE f.public_id = {} "
    "AND c.why = 'score' AND c.state = {} AND NOT EXISTS (SELECT 1 FROM inbound i WHERE i.sender = c.phone "
    "AND i.done_at >= c.since AND i.outcome IN ('desk', 'late', 'changed', 'choose'))"
)


async def dealt_with_score(act: Act, question: str, state: str, *, version: int | None = None) -> Comment:
    """As `feedback.service.set_state`, and the conversation that is open because of the score alone is done, or open again.

    Raises what that raises.
    """

    async def work() -> Comment:
        before = await comment_by_id(question)
        found = await set_state(act, question, state, version=version)
        if before.state != found.state:
            back = state == "new"
            change = Change("desk_reopened", {"state": "open"}) if back else Change("desk_done", {"state": "done"})
            for (talk,) in await fetch(_ABOUT_A_SCORE, question, "done" if back else "open"):
                await _change(act, await thread(talk), change, None)
        return found

    return await attempt(work)


# --- what they share


async def _act(act: Act, public_id: str, change: Change, version: int | None) -> Thread:
    async def work() -> Thread:
        await _change(act, await _mine(act, public_id), change, version)
        return await thread(public_id)

    return await attempt(work)


async def _mine(act: Act, public_id: str) -> Thread:
    require(act.staff, ACT)
    return await thread(public_id)


async def _change(act: Act, found: Thread, change: Change, version: int | None) -> None:
    """The version is compared by the statement itself: of two people who act at once one is told."""
    expected = found.version if version is None else version
    columns = ", ".join(f"{column} = {{}}" for column in change.columns)
    since = ", since = COALESCE(since, {})" if change.columns.get("state") == "open" else ""
    rows = await fetch(
        f"UPDATE conversation SET {columns}, version = version + 1{since} WHERE id = {{}} AND version = {{}} RETURNING id",  # noqa: S608
        *(*change.columns.values(), *((act.now,) if since else ()), found.id, expected),
    )
    if not rows:
        raise Stale(version=found.version)
    await _note(act, change.act, found.phone, {"conversation": found.id})
    await raise_diary()


async def _note(act: Act, name: str, contact: str, facts: Mapping[str, object]) -> None:
    """On the card of everybody who has the telephone; of a stranger's once, on nobody's."""
    theirs = await patients_of(contact)
    for patient in theirs:
        await note(act.actor, name, real=act.real, patient=patient, facts=facts)
    if not theirs:
        await note(act.actor, name, real=act.real, facts=facts)
