"""Asking how it went, taking the answers, and what the desk makes of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from turnet.audit.service import note
from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_by_id
from turnet.booking.service.attempt import attempt
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import minute
from turnet.db.transactions import fetch, marks, tx
from turnet.db.versions import raise_diary
from turnet.errors import Invalid, NotAllowed, NotFound, Stale
from turnet.feedback import alarm
from turnet.feedback.model import CORRECTABLE, LONGEST, Asking, Scored, Survey, feedback_token, why_not
from turnet.feedback.queries import REACHED, Comment, comment_by_id, survey
from turnet.ids import random_id, token_hash
from turnet.scheduling.hours import local_day
from turnet.staff.permissions import require

STATES = ("new", "called_back", "done")


# --- asking


_PEOPLE = """
    SELECT b.id, t.birth_year, t.protected,
        EXISTS (SELECT 1 FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point
            WHERE l.patient = t.guardian AND c.value = {{}}),
        EXISTS (SELECT 1 FROM feedback f WHERE f.contact = {{}} AND f.asked_at > {{}} AND f.booking <> b.id AND {reached})
            OR EXISTS (SELECT 1 FROM feedback f WHERE f.patient = t.id AND f.asked_at > {{}} AND f.booking <> b.id AND {reached}),
        (SELECT c.given FROM consent c WHERE c.patient = t.id AND c.purpose = 'feedback'
            ORDER BY c.at DESC, c.id DESC LIMIT 1)
    FROM booking b JOIN patient t ON t.id = b.patient WHERE b.id IN ({marks})
"""


async def reasons(visits: Sequence[Visit], *, contact: str, channel: str, now: datetime) -> dict[int, str]:  # noqa: ARG001
    """Booking id → why this visit is not asked about; empty: it is. A refusal by the contact itself is asked elsewhere."""
    asks, clinic = await survey(), await current_clinic()
    if not visits or clinic is None:
        return {}
    since = now - timedelta(days=asks.rest_days)
    rows = await fetch(
        _PEOPLE.format(reached=REACHED, marks=marks(visits)),
        *(contact, contact, since, since, *(visit.id for visit in visits)),
    )
    about = {row[0]: row[1:] for row in rows}
    return {visit.id: why_not(_asking(visit, contact, about[visit.id], clinic), asks) for visit in visits}


def _asking(visit: Visit, contact: str, about: tuple[Any, ...], clinic: Clinic) -> Asking:
    birth_year, protected, guardians, lately, agreed = about
    for_child = visit.for_whom == "child"
    return Asking(
        public_id=visit.public_id,
        state=visit.state,
        year=local_day(clinic.setup.zone, minute(visit.starts_at)).year,
        birth_year=birth_year,
        for_child=for_child,
        contact_is_guardians=bool(guardians) or (for_child and contact in (visit.phone, visit.email)),
        protected=bool(protected),
        asked_lately=bool(lately),
        agreed=None if agreed is None else bool(agreed),
    )


async def asked(visit: Visit, *, contact: str, channel: str, key: bytes, now: datetime) -> str:
    """The question about this visit, made when it is asked for the first time; another try may go to another contact.

    Returns its public id.
    """
    public_id = random_id()
    async with tx():
        await fetch(
            "INSERT INTO feedback (public_id, booking, patient, token_hash, contact, channel, answered_by, comment, asked_at, "
            "state, version) VALUES ({}, {}, {}, {}, {}, {}, '', '', {}, 'new', 1) ON CONFLICT (booking) DO UPDATE SET "
            "contact = excluded.contact, channel = excluded.channel, asked_at = excluded.asked_at WHERE feedback.score IS NULL",
            *(public_id, visit.id, visit.patient, token_hash(feedback_token(key, public_id)), contact, channel, now),
        )
        [(made,)] = await fetch("SELECT public_id FROM feedback WHERE booking = {}", visit.id)
    return str(made)


# --- answers


async def scored(act: Act, clinic: Clinic, booking_id: int, score: int, *, comment: str = "", by: str) -> Scored:
    """Writes down 0 to 10; `by` is `sms` or `link`. The first counts, and may be corrected for three days.

    Raises NotFound for a visit that was not asked about, NotAllowed later than that, Invalid for another number.
    """
    if not 0 <= score <= 10:
        raise Invalid({"score": "out_of_range"})

    async def work() -> Scored:
        id, public_id, before, at = await _question(booking_id)
        if at is not None and act.now > at + CORRECTABLE:
            raise NotAllowed(state="scored")
        await fetch(
            "UPDATE feedback SET score = {}, scored_at = COALESCE(scored_at, {}), answered_by = {}, version = version + 1 "
            "WHERE id = {}",
            *(score, act.now, by, id),
        )
        low = score <= (await survey()).alarm_at
        if low:
            await alarm.tell(public_id, act.now)
        elif before is not None:
            await alarm.take_back(public_id, act.now)
        if comment.strip():
            await commented(act, clinic, booking_id, comment, by=by)
        await raise_diary()
        return Scored(low, before is not None)

    return await attempt(work)


async def commented(act: Act, clinic: Clinic, booking_id: int, text: str, *, by: str) -> None:  # noqa: ARG001
    """Adds words, after those that are there, to at most `LONGEST` characters. Raises NotFound."""
    words = " ".join(text.split())

    async def work() -> None:
        id, *_rest = await _question(booking_id)
        await fetch(
            "UPDATE feedback SET comment = substr(CASE WHEN comment = '' THEN {} ELSE comment || {} END, 1, {}), "
            "commented_at = {}, version = version + 1 WHERE id = {}",
            *(words, f"\n{words}", LONGEST, act.now, id),
        )
        await raise_diary()

    if words:
        await attempt(work)


async def _question(booking: int) -> tuple[int, str, int | None, datetime | None]:
    rows = await fetch("SELECT id, public_id, score, scored_at FROM feedback WHERE booking = {}", booking)
    if not rows:
        raise NotFound(what="feedback")
    return rows[0]


# --- what the desk makes of them


async def set_state(act: Act, public_id: str, state: str, *, version: int | None = None) -> Comment:
    """`new`, `called_back` or `done`; the same again changes nothing. Raises NotFound, NotYours, Stale."""

    async def work() -> Comment:
        found = await comment_by_id(public_id)
        require(act.staff, "feedback.work", practitioner=found.practitioner)
        if found.state == state:
            return found
        if state not in STATES:
            raise Invalid({"state": "unknown"})
        if version is not None and version != found.version:
            raise Stale(version=found.version)
        await fetch(
            "UPDATE feedback SET state = {}, staff = {}, version = version + 1 WHERE public_id = {}",
            *(state, act.staff.id if act.staff else None, public_id),
        )
        visit = await _visit_of(public_id)
        facts = {"before": found.state, "after": state}
        await note(act.actor, "feedback_state", real=act.real, patient=visit.patient, booking=visit.id, facts=facts)
        await raise_diary()
        return await comment_by_id(public_id)

    return await attempt(work)


async def _visit_of(public_id: str) -> Visit:
    [(booking,)] = await fetch("SELECT booking FROM feedback WHERE public_id = {}", public_id)
    return await visit_by_id(booking)


_LIMITS: Mapping[str, Collection[int]] = {"sample": range(1, 101), "rest_days": range(1, 366), "alarm_at": range(10)}


async def decide(act: Act, wanted: Survey) -> None:
    """How the clinic asks from now on. Raises NotYours, and Invalid for numbers that cannot be."""
    require(act.staff, "rounds.manage")
    wrong = {name: "out_of_range" for name, allowed in _LIMITS.items() if getattr(wanted, name) not in allowed}
    if wrong:
        raise Invalid(wrong)
    async with tx():
        await fetch(
            "INSERT INTO survey (id, sample, rest_days, alarm_at) VALUES (1, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET "
            "sample = excluded.sample, rest_days = excluded.rest_days, alarm_at = excluded.alarm_at",
            *(wanted.sample, wanted.rest_days, wanted.alarm_at),
        )
        await note(act.actor, "survey_decided", real=act.real)
