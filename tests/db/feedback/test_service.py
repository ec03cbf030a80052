"""Asking, answering and calling back, on both engines."""

from datetime import timedelta
from typing import Any

import pytest

from tests.db.messaging.acts import KEY, a_booking, rows
from tests.db.reports.test_monthly import an_owner
from tests.factories import REA, a_clinic
from turnet.booking.model import Act, Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotAllowed, NotFound, NotYours, Stale
from turnet.feedback.alarm import CORRECTED
from turnet.feedback.model import A_CHILD, ASKED_LATELY, PROTECTED, REFUSED, Scored, Survey, feedback_token
from turnet.feedback.queries import comments, question_behind, survey, tally_between, waiting
from turnet.feedback.service import asked, commented, decide, reasons, scored, set_state
from turnet.staff.model import Role, Staff

PHONE = "+358401234567"


def an_act(clock: FrozenClock, staff: Staff | None = None) -> Act:
    actor = staff.actor if staff else "patient"
    return Act(now=clock.now(), real=clock.real(), key=KEY, staff=staff, actor=actor)


async def _done(clinic: Clinic, clock: FrozenClock, **more: Any) -> Visit:
    return await a_booking(clinic, clock, state="done", starts_at=clock.now() - timedelta(days=1), **more)


async def _ask(visit: Visit, clock: FrozenClock, contact: str = PHONE) -> str:
    return await asked(visit, contact=contact, channel="sms", key=KEY, now=clock.now())


async def _why(visit: Visit, clock: FrozenClock, contact: str = PHONE) -> str:
    return (await reasons([visit], contact=contact, channel="sms", now=clock.now()))[visit.id]


# --- who is asked


async def test_whoever_was_asked_is_left_alone_for_a_month(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await _ask(await _done(clinic, clock), clock)

    clock.advance(days=29)
    soon = await _why(await _done(clinic, clock), clock)
    clock.advance(days=2)
    later = await _why(await _done(clinic, clock), clock)

    assert (soon, later) == (ASKED_LATELY, "")


async def test_the_same_person_is_not_asked_again_by_another_contact(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first, second = await _done(clinic, clock), await _done(clinic, clock)
    await fetch("UPDATE booking SET patient = {} WHERE id = {}", first.patient, second.id)
    await _ask(first, clock)

    assert await _why(second, clock, "+358407654321") == ASKED_LATELY


async def test_control_somebody_else_is_asked(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await _ask(await _done(clinic, clock), clock)

    assert await _why(await _done(clinic, clock), clock, "+358407654321") == ""


async def test_the_question_that_is_being_asked_does_not_forbid_itself(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock)
    await _ask(visit, clock)

    assert await _why(visit, clock) == ""


async def test_a_child_is_asked_through_the_guardian_only(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock)
    await fetch("UPDATE patient SET birth_year = 2015 WHERE id = {}", visit.patient)
    assert await _why(visit, clock) == A_CHILD

    [(parent,)] = await fetch(
        "INSERT INTO patient (public_id, name, language, provisional, created_at, desk_note, version, protected) "
        "VALUES ({}, 'Mother', 'en', {}, {}, '', 1, {}) RETURNING id",
        *("m" * 22, False, clock.now(), False),
    )
    [(contact,)] = await fetch(
        "INSERT INTO contact_point (kind, value, raw) VALUES ('phone', {}, {}) RETURNING id", PHONE, PHONE
    )
    await fetch("INSERT INTO patient_contact (patient, contact_point) VALUES ({}, {})", parent, contact)
    await fetch("UPDATE patient SET guardian = {} WHERE id = {}", parent, visit.patient)

    assert (await _why(visit, clock), await _why(visit, clock, "+358409999999")) == ("", A_CHILD)


async def test_whoever_booked_for_their_child_is_asked_and_nobody_else(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock, for_whom="child")

    assert (await _why(visit, clock, visit.phone), await _why(visit, clock, "+358409999999")) == ("", A_CHILD)


async def test_protected_people_are_never_asked(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock)
    await fetch("UPDATE patient SET protected = {} WHERE id = {}", True, visit.patient)

    assert await _why(visit, clock) == PROTECTED


async def test_the_newest_consent_counts(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock)
    for given in (True, False):
        await fetch(
            "INSERT INTO consent (patient, purpose, given, source, actor, at) VALUES ({}, 'feedback', {}, 'desk', 'x', {})",
            *(visit.patient, given, clock.now()),
        )

    assert await _why(visit, clock) == REFUSED


# --- answers


async def test_a_visit_is_asked_about_once_and_its_link_leads_there(engine: AnyEngine, clock: FrozenClock) -> None:
    visit = await _done(await a_clinic(), clock)

    first, second = await _ask(visit, clock), await _ask(visit, clock)

    question = await question_behind(feedback_token(KEY, first))
    assert (first, question.booking, question.score) == (second, visit.id, None)


async def test_a_score_is_corrected_for_three_days_and_words_are_added(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _done(clinic, clock)
    await _ask(visit, clock)

    first = await scored(an_act(clock), clinic, visit.id, 9, comment=" Kind  people ", by="sms")
    clock.advance(days=3)
    again = await scored(an_act(clock), clinic, visit.id, 10, by="link")
    await commented(an_act(clock), clinic, visit.id, "and quick", by="link")
    clock.advance(minutes=1)
    with pytest.raises(NotAllowed):
        await scored(an_act(clock), clinic, visit.id, 0, by="link")

    assert (first, again) == (Scored(low=False, again=False), Scored(low=False, again=True))
    assert await fetch("SELECT score, comment, answered_by FROM feedback") == [(10, "Kind people\nand quick", "link")]


@pytest.mark.parametrize("score", [-1, 11])
async def test_a_score_that_is_none_changes_nothing(engine: AnyEngine, clock: FrozenClock, score: int) -> None:
    clinic = await a_clinic()
    visit = await _done(clinic, clock)
    await _ask(visit, clock)

    with pytest.raises(Invalid):
        await scored(an_act(clock), clinic, visit.id, score, by="sms")
    assert await fetch("SELECT score FROM feedback") == [(None,)]


async def test_a_visit_that_nobody_asked_about_has_no_score(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _done(clinic, clock)

    with pytest.raises(NotFound):
        await scored(an_act(clock), clinic, visit.id, 9, by="sms")


async def test_a_low_score_is_told_once_and_without_its_words(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await an_owner(clock)
    await an_owner(clock, "marko", role="manager", language="fi")
    await an_owner(clock, "rea", role="reception")
    visit = await _done(clinic, clock)
    await _ask(visit, clock)

    for _ in range(2):
        assert (await scored(an_act(clock), clinic, visit.id, 6, comment="You were rude", by="sms")).low

    told = await rows("kind", "recipient", "facts")
    assert [(kind, to) for kind, to, _facts in told] == [
        ("low_score", "olli@tuomi.example"), ("low_score", "marko@tuomi.example"),
    ]  # fmt: skip
    assert "rude" not in "".join(facts for *_rest, facts in told)


async def test_control_a_score_above_the_alarm_tells_nobody(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await an_owner(clock)
    visit = await _done(clinic, clock)
    await _ask(visit, clock)

    assert not (await scored(an_act(clock), clinic, visit.id, 7, by="sms")).low
    assert await rows("kind") == []


async def _mails() -> list[tuple[str, str | None]]:
    return await rows("state", "error")


async def test_the_mail_is_taken_back_while_it_waits_and_waits_again_if_it_is_true_again(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await an_owner(clock)
    visit = await _done(clinic, clock)
    await _ask(visit, clock)
    seen = []
    for score in (1, 10, 2):
        await scored(an_act(clock), clinic, visit.id, score, by="link")
        seen.append(await _mails())

    assert seen == [[("queued", None)], [("cancelled", CORRECTED)], [("queued", None)]]


async def test_once_the_mail_has_left_the_page_says_that_the_score_was_corrected(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await an_owner(clock)
    since, until = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
    for first, told in ((1, "sent"), (1, "queued"), (8, "")):  # the second mail never left, the third was never written
        visit = await _done(clinic, clock)
        await _ask(visit, clock, f"+35840{visit.id:07}")
        await scored(an_act(clock), clinic, visit.id, first, by="link")
        await fetch("UPDATE message SET state = {} WHERE state = 'queued'", told)
        await scored(an_act(clock), clinic, visit.id, 10, by="link")

    assert [(one.score, one.text, one.told) for one in await comments(since, until)] == [(10, "", True)]
    assert [state for state, _error in await _mails()] == ["sent", "cancelled"]
    assert await waiting(since) == 0


# --- the desk


async def test_a_low_score_waits_until_somebody_has_called_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _done(clinic, clock)
    public_id = await _ask(visit, clock)
    await scored(an_act(clock), clinic, visit.id, 2, by="sms")
    since, until = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
    assert await waiting(since) == 1
    [one] = await comments(since, until)

    called = await set_state(an_act(clock, REA), public_id, "called_back", version=one.version)

    assert (called.state, await waiting(since)) == ("called_back", 0)
    assert await fetch("SELECT act FROM audit_entry") == [("feedback_state",)]
    with pytest.raises(Stale):
        await set_state(an_act(clock, REA), public_id, "done", version=one.version)
    assert (await tally_between(since, until)).scores == {2: 1}


async def test_practitioners_work_on_their_own_only(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _done(clinic, clock)
    public_id = await _ask(visit, clock)
    other = Staff(
        id=3, public_id="p" * 22, name="Pekka", initials="P", role=Role.PRACTITIONER,
        practitioner=clinic.practitioners["pekka"].id, all_diaries=False, language="en",
    )  # fmt: skip

    with pytest.raises(NotYours):
        await set_state(an_act(clock, other), public_id, "done")


async def test_how_the_clinic_asks_is_decided_by_whoever_may(engine: AnyEngine, clock: FrozenClock) -> None:
    owner = Staff(
        id=2, public_id="o" * 22, name="Olli", initials="O", role=Role.OWNER, practitioner=None, all_diaries=True, language="en",
    )  # fmt: skip
    await decide(an_act(clock, owner), Survey(50, 60, 5))

    assert await survey() == Survey(50, 60, 5)
    with pytest.raises(NotYours):
        await decide(an_act(clock, REA), Survey())
    with pytest.raises(Invalid):
        await decide(an_act(clock, owner), Survey(0, 0, 11))
