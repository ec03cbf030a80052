"""The desk in a conversation: what it sees, and what its acts do once, in turn and for everybody who has the telephone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from tests.db.booking.acts import ANNA, OMAR, a_wish, an_act, stored
from tests.factories import REA, a_clinic
from turnet.booking import service as booking
from turnet.booking.model import Act, Person, Visit
from turnet.clinic.model import Clinic
from turnet.clinic.queries import versions
from turnet.clock import FrozenClock
from turnet.conversation import queries
from turnet.conversation.service import desk
from turnet.conversation.service.thread import said, to_desk
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotFound, NotYours, Stale
from turnet.messaging import failures, outbox, refusals
from turnet.staff.model import Role

STRANGER = "+358409998887"
THURSDAY, FRIDAY = "2026-12-03T09:20+02:00", "2026-12-04T09:20+02:00"
CHILD = Person("Ella Virtanen", phone=ANNA.phone, phone_raw=ANNA.phone_raw)
_numbers = count(1)


def reas(clock: FrozenClock) -> Act:
    return an_act(clock, actor=REA.actor, staff=REA, door="phone")


async def wrote(phone: str, text: str, clock: FrozenClock, *, why: str = "unclear", outcome: str = "desk") -> str:
    """An SMS that a person has to look at; returns the public id of the conversation."""
    await fetch(
        "INSERT INTO inbound (provider, provider_id, sender, our_number, text, raw, received_at, at, state, attempts, outcome, "
        "done_at) VALUES ('test', {}, {}, '', {}, '', {}, {}, 'done', 1, {}, {})",
        *(f"id-{next(_numbers)}", phone, text, clock.real(), clock.now(), outcome, clock.now()),
    )
    await (to_desk(phone, why, now=clock.now()) if why else said(phone, now=clock.now()))
    return (await queries.thread_of(phone)).public_id


async def a_visit(clinic: Clinic, clock: FrozenClock, start: str = THURSDAY, who: Person = ANNA) -> Visit:
    return (await booking.book(an_act(clock), clinic, a_wish(clinic, start), who, once="")).visit


async def answers() -> list[tuple[Any, ...]]:
    return await stored(
        "recipient, facts, language, staff, state FROM message WHERE kind = 'desk_answer' ORDER BY created_at"
    )


# --- what is seen


async def test_open_ones_come_oldest_first_and_a_name_stands_beside_the_number(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    await wrote(ANNA.phone, "kuka hoitaa?", clock)
    clock.advance(minutes=5)
    await wrote(STRANGER, "hello", clock)
    await wrote("+358401110000", "1", clock, why="", outcome="confirmed")
    clock.advance(minutes=5)
    await wrote(ANNA.phone, "entä nyt?", clock)

    found = await queries.waiting()

    assert [(one.phone, one.text, one.name, one.people) for one in found] == [
        (ANNA.phone, "entä nyt?", "Anna Virtanen", 1),
        (STRANGER, "hello", None, 0),
    ]
    assert [one.phone for one in await queries.recent()] == [ANNA.phone, "+358401110000", STRANGER]
    assert (await queries.count_waiting(), await queries.taken_by(REA.id)) == (2, [])


async def test_all_that_was_said_stands_in_order_and_the_newest_come_first_into_a_short_page(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    only_phone = replace(ANNA, email="")
    visit = await a_visit(clinic, clock, who=only_phone)
    for text in ("a", "b", "c"):
        clock.advance(minutes=1)
        await wrote(ANNA.phone, text, clock)
    clock.advance(minutes=1)
    await desk.answer(reas(clock), clinic, ANNA.phone, "Hei Anna", once="o1")

    whole, short = await queries.said(ANNA.phone), await queries.said(ANNA.phone, 2)

    assert [(line.theirs, line.text or line.kind) for line in whole.lines] == [
        (False, "booking_confirmed"), (True, "a"), (True, "b"), (True, "c"), (False, "Hei Anna"),
    ]  # fmt: skip
    assert (whole.lines[0].visit, whole.lines[0].starts_at, whole.more) == (visit.public_id, visit.starts_at, False)
    assert ([line.text for line in short.lines], short.more) == (["c", "Hei Anna"], True)


async def test_everybody_on_the_telephone_is_shown_with_what_holds_for_them(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    childs = await a_visit(clinic, clock, FRIDAY, CHILD)
    await refusals.opt_out(ANNA.phone, "feedback", source="sms", now=clock.now())

    found = await queries.around(ANNA.phone, now=clock.now())

    assert [(one.name, [coming.public_id for coming in one.coming]) for one in found.people] == [
        ("Anna Virtanen", [visit.public_id]), ("Ella Virtanen", [childs.public_id]),
    ]  # fmt: skip
    assert (found.opted_out, found.suspended, found.asked) == (("feedback",), None, None)


@pytest.mark.parametrize("people", [1, 3])
async def test_the_page_asks_as_often_however_many_there_are(
    engine: AnyEngine, clock: FrozenClock, statements: list[str], people: int
) -> None:
    clinic = await a_clinic()
    for n in range(people):
        await a_visit(clinic, clock, f"2026-12-0{3 + n if n < 2 else 7}T09:20+02:00", replace(ANNA, name=f"Person {n}"))
        await wrote(ANNA.phone, "hm", clock)
        await wrote(f"+35840111000{n}", "hm", clock)
    statements.clear()

    await queries.waiting()
    await queries.thread_of(ANNA.phone)
    await queries.said(ANNA.phone)
    await queries.around(ANNA.phone, now=clock.now())

    assert len(statements) == 11


async def test_what_was_said_is_found_by_an_index(engine: AnyEngine, clock: FrozenClock, statements: list[str]) -> None:
    await a_clinic()
    await wrote(ANNA.phone, "hm", clock)
    if "Lite" not in type(engine).__name__:
        await fetch("SET enable_seqscan = off")
    statements.clear()
    await queries.said(ANNA.phone)
    asked = [sql for sql in statements if "recipient" in sql or "sender" in sql]

    plans = []
    for sql in asked:
        explain = "EXPLAIN QUERY PLAN " if "Lite" in type(engine).__name__ else "EXPLAIN "
        plain = sql.replace("?", "{}").replace("$1", "{}").replace("$2", "{}")
        plans.append(" ".join(str(row) for row in await fetch(explain + plain, ANNA.phone, 41)))

    assert [("inbound_of_sender" in plan, "message_to" in plan) for plan in plans] == [(True, False), (False, True)]


# --- acts


async def test_an_answer_goes_once_as_it_was_written_in_the_patients_language(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    id = await wrote(ANNA.phone, "hm", clock)
    before = (await queries.thread(id)).version

    for _ in range(2):
        await desk.answer(reas(clock), clinic, ANNA.phone, "  Tule vain.\nOdotamme. ", once="o1", version=before)

    now = await queries.thread(id)
    assert await answers() == [(ANNA.phone, '{"text": "Tule vain. Odotamme."}', ANNA.language, REA.id, "queued")]
    assert (now.state, now.staff, now.version > before) == ("open", REA.id, True)
    assert await stored("count(*) FROM audit_entry WHERE act = 'desk_answered' AND patient IS NOT NULL") == [(1,)]


async def test_open_desks_hear_that_an_answer_has_left(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await wrote(STRANGER, "hm", clock)
    await desk.answer(reas(clock), clinic, STRANGER, "Hei", once="o1")
    [row] = await outbox.claim(1, channel="sms", now=clock.now(), real=clock.real())
    before = (await versions()).diary

    await outbox.finish(row, "sent", now=clock.now())

    assert ((await versions()).diary > before, [line.state for line in (await queries.said(STRANGER)).lines]) == (
        True, ["done", "sent"],
    )  # fmt: skip


async def test_who_answers_after_somebody_else_is_told_and_nothing_goes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    id = await wrote(STRANGER, "hm", clock)
    seen = (await queries.thread(id)).version
    await desk.answer(reas(clock), clinic, STRANGER, "first", once="o1", version=seen)

    with pytest.raises(Stale):
        await desk.answer(reas(clock), clinic, STRANGER, "second", once="o2", version=seen)

    assert len(await answers()) == 1
    await desk.answer(reas(clock), clinic, STRANGER, "second", once="o2", version=(await queries.thread(id)).version)
    assert len(await answers()) == 2  # the control: it was the version


@pytest.mark.parametrize(("text", "why"), [(" \n ", "required"), ("x" * 481, "too_long"), ("x" * 3000, "too_long")])
async def test_what_cannot_be_sent_is_refused(engine: AnyEngine, clock: FrozenClock, text: str, why: str) -> None:
    clinic = await a_clinic()
    await wrote(STRANGER, "hm", clock)

    with pytest.raises(Invalid) as refused:
        await desk.answer(reas(clock), clinic, STRANGER, text, once="o1")

    assert (refused.value.fields, await answers()) == ({"text": why}, [])


async def test_nothing_is_written_to_a_number_that_is_wrong(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await wrote(STRANGER, "hm", clock)
    await refusals.suspend(STRANGER, "wrong_number", now=clock.now())

    with pytest.raises(Invalid) as refused:
        await desk.answer(reas(clock), clinic, STRANGER, "Hei", once="o1")

    assert (refused.value.fields, await answers()) == ({"text": "suspended"}, [])


async def test_of_two_presses_at_once_one_is_sent_and_neither_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    id = await wrote(STRANGER, "hm", clock)
    seen = (await queries.thread(id)).version

    both = await asyncio.gather(
        *(desk.answer(reas(clock), clinic, STRANGER, "Hei", once="o1", version=seen) for _ in range(2))
    )

    assert ([one.state for one in both], len(await answers())) == (["open", "open"], 1)


async def test_it_is_taken_given_back_done_and_opened_again_as_it_was(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    id = await wrote(STRANGER, "hm", clock, why="cannot_come")
    since = (await queries.thread(id)).since
    clock.advance(minutes=3)
    before = (await versions()).diary

    taken = await desk.take(reas(clock), id)
    given = await desk.give_back(reas(clock), id)
    done = await desk.done(reas(clock), id, version=given.version)
    with pytest.raises(Stale):
        await desk.done(reas(clock), id, version=given.version)
    again = await desk.reopen(reas(clock), id, version=done.version)

    assert (taken.staff, given.staff) == (REA.id, None)
    assert [(one.state, one.why, one.since) for one in (done, again)] == [
        ("done", "cannot_come", since), ("open", "cannot_come", since),
    ]  # fmt: skip
    assert (await versions()).diary > before


async def test_a_new_sms_opens_what_was_done_only_when_a_person_has_to_look(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    id = await wrote(STRANGER, "hm", clock)
    await desk.done(reas(clock), id)

    await wrote(STRANGER, "1", clock, why="", outcome="confirmed")
    quiet = await queries.thread(id)
    clock.advance(minutes=3)
    await wrote(STRANGER, "hm?", clock)
    loud = await queries.thread(id)

    assert (quiet.state, loud.state, loud.since) == ("done", "open", clock.now())


async def test_a_wrong_number_is_written_to_no_more_whoever_has_it_until_it_is_right_again(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    await a_visit(clinic, clock, FRIDAY, CHILD)
    id = await wrote(ANNA.phone, "väärä numero", clock)

    wrong = await desk.wrong_number(reas(clock), id)
    found = await refusals.suspended(ANNA.phone)
    [listed] = await failures.silent()
    lifted = [await desk.right_number(reas(clock), ANNA.phone) for _ in range(2)]

    assert (wrong.state, found and found.reason, listed.name) == ("done", "wrong_number", "Anna Virtanen")
    assert (lifted, await refusals.suspended(ANNA.phone), await failures.silent()) == ([True, False], None, [])
    assert await stored("act, count(*) FROM audit_entry WHERE act LIKE 'number_%' GROUP BY act ORDER BY act") == [
        ("number_right", 2), ("number_wrong", 2),
    ]  # fmt: skip


async def test_nobody_else_works_here_and_what_is_not_there_is_not_found(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    id = await wrote(STRANGER, "hm", clock)
    dentist = replace(REA, role=Role.PRACTITIONER, all_diaries=True)
    act = replace(reas(clock), staff=dentist)

    for attempt in (
        desk.answer(act, clinic, STRANGER, "x", once="o1"), desk.take(act, id), desk.done(act, id), desk.reopen(act, id),
        desk.wrong_number(act, id), desk.right_number(act, STRANGER),
    ):  # fmt: skip
        with pytest.raises(NotYours):
            await attempt
    with pytest.raises(NotFound):
        await desk.take(reas(clock), "nobody")
    with pytest.raises(NotFound):
        await desk.answer(reas(clock), clinic, "+358400000000", "x", once="o1")


# --- what did not arrive


async def test_a_failed_message_is_listed_until_it_is_dealt_with_and_back_when_that_is_undone(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    await a_visit(clinic, clock, FRIDAY, OMAR)  # the control: what arrives is not listed
    await fetch(
        "UPDATE message SET state = 'failed', error = 'no such number', finished_at = {} WHERE booking = {} "
        "AND kind = 'booking_confirmed'",
        *(clock.now(), visit.id),
    )
    [line] = await failures.failures(now=clock.now())
    failed = line.last

    for _ in range(2):
        await desk.dealt(reas(clock), failed.id)
    gone = (await failures.failures(now=clock.now()), await failures.count_failures(now=clock.now()))
    await desk.not_dealt(reas(clock), failed.id)

    assert (failed.visit, failed.name, failed.error) == (visit.public_id, "Anna Virtanen", "no such number")
    assert (gone, await failures.failures(now=clock.now())) == (([], 0), [line])
    assert await failures.failures(now=clock.now() + timedelta(days=3)) == []
    assert await stored("act FROM audit_entry WHERE act LIKE 'failure_%' ORDER BY id") == [
        ("failure_dealt",), ("failure_back",),
    ]  # fmt: skip


async def test_a_visit_asks_for_one_call_however_much_failed_and_for_none_once_something_arrived(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock, who=replace(ANNA, email=""))
    for kind in ("choose_new_time", "desk_message"):
        clock.advance(minutes=1)
        await fetch(
            "INSERT INTO message (id, dedupe, kind, channel, recipient, language, booking, sequence, facts, state, due_at, "
            "not_after, attempts, created_at, finished_at) VALUES ({}, {}, {}, 'sms', {}, 'en', {}, 0, {}, 'failed', "
            "{}, {}, 1, {}, {})",
            *(uuid4(), kind, kind, ANNA.phone, visit.id, "{}", *[clock.now()] * 4),
        )
    await fetch("UPDATE message SET state = 'failed', finished_at = {} WHERE kind = 'booking_confirmed'", clock.now())
    failed = [row.kind for line in await failures.failures(now=clock.now()) for row in line.rows]

    await fetch("UPDATE message SET state = 'delivered' WHERE kind = 'desk_message'")

    assert (failed, await failures.failures(now=clock.now())) == (["desk_message"], [])
