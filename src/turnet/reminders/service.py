"""Plans rounds, puts what is due into the outbox, and says what of a message is still true.

Each act reads first and then writes, on condition that a step still waits: whoever comes second writes nothing. What
changed in between is noticed when the message leaves, by `speech`.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from babel import Locale, UnknownLocaleError

from turnet.booking.doubts import ASKED, DOUBTED
from turnet.booking.model import Visit
from turnet.booking.queries import visits_by_id
from turnet.booking.service.attempt import attempt
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.messaging import limits, outbox, texting
from turnet.messaging.outbox import Draft
from turnet.metrics import REMINDERS_MISSED
from turnet.reminders.model import MESSAGE, Round, RoundKind, Told
from turnet.reminders.planning import Plan, insert, make_missing
from turnet.reminders.queries import active_rounds, story
from turnet.reminders.rules import CLOSES, EVES, FOLDED, Rest, ahead, back
from turnet.reminders.steps import (
    IN_DOUBT,
    NOTHING_ARRIVES,
    SOON,
    Fate,
    Instead,
    Standing,
    Together,
    VisitStep,
    anew,
    instead,
    judged,
    on_leaving,
    together,
)
from turnet.scheduling.hours import day_span

log = logging.getLogger("turnet.reminders")

_SUNDAY = 6


def rest_of(clinic: Clinic) -> Rest:
    """The last day of the region's weekend and its public holidays, if the clinic heeds those."""
    eve = EVES.get(clinic.region, CLOSES)
    return Rest(clinic.setup.zone, _weekly_rest(clinic.region), clinic.setup.holidays, eve)


@cache
def _weekly_rest(region: str) -> int:
    try:
        return Locale.parse(f"und_{region}").weekend_end
    except (UnknownLocaleError, ValueError):  # the second: none is known
        return _SUNDAY


async def _standing(clinic: Clinic, now: datetime) -> Standing:
    rounds = {round.name: round for round in await active_rounds()}
    return Standing(rounds, rest_of(clinic), now, partial(_unwritten, clinic))


def _unwritten(clinic: Clinic, kind: RoundKind, service: int) -> bool:
    own = clinic.service(service)
    texts = {RoundKind.INSTRUCTIONS: own.instructions, RoundKind.AFTERCARE: own.aftercare}.get(kind)
    return texts is not None and not any(texts.values())


# --- making steps, and ending those that will not be sent


async def plan(now: datetime, *, further: timedelta = timedelta()) -> None:
    """Makes the steps of every visit that is near enough, and ends those that are no longer true.

    `further`: of visits so much farther away, too. Repeating it is harmless.
    """
    clinic = await current_clinic()
    if clinic is None:
        return
    standing = await _standing(clinic, now)
    await make_missing(Plan([*standing.rounds.values()], standing.rest, now), further=further)
    failed = await _failed(standing)
    if again := [(step, fate) for step in failed if (fate := anew(step, standing))]:
        await attempt(partial(_end, "taken", again))
    others = [
        other
        for step in failed
        if not step.elsewhere and standing.falls_back(step) and (other := instead(step, standing))
    ]
    if others:
        await attempt(partial(_go_instead, others, now))
    fates = [(step, fate) for step, fate in judged(await _near(standing), standing) if fate != Fate()]
    if fates:
        _count_missed(await attempt(partial(_end_and_redirect, "waiting", fates, standing)))


async def make(now: datetime) -> None:
    """The first half of `plan`: no step changes, so that a person sees each as it was promised."""
    clinic = await current_clinic()
    if clinic is not None:
        await make_missing(Plan(await active_rounds(), rest_of(clinic), now))


_CONTACT = "CASE s.channel WHEN 'sms' THEN b.phone ELSE b.email END"
_PURPOSE = "CASE r.kind WHEN 'feedback' THEN 'feedback' WHEN 'offer' THEN 'offers' ELSE 'reminders' END"
_STEPS = f"""
    SELECT s.id, s.rule, s.channel, s.due_at, s.visit_no, b.id, b.visit_no, b.state, b.starts_at, b.ends_at,
        b.undo_until, b.phone, b.email, b.language, b.service, m.recipient,
        (SELECT c.given FROM consent c WHERE c.patient = b.patient AND c.purpose = {_PURPOSE}
            ORDER BY c.at DESC, c.id DESC LIMIT 1),
        EXISTS (SELECT 1 FROM opt_out o WHERE o.contact = {_CONTACT} AND o.purpose = {_PURPOSE}
            AND o.lifted_at IS NULL),
        EXISTS (SELECT 1 FROM suspension x WHERE x.contact = {_CONTACT} AND x.reason <> 'soft' AND x.lifted_at IS NULL),
        m.state, EXISTS (SELECT 1 FROM {ASKED} WHERE y.booking = s.booking AND {DOUBTED})
    FROM step s JOIN booking b ON b.id = s.booking LEFT JOIN message m ON m.id = s.message
        LEFT JOIN message_round r ON r.name = s.rule
    WHERE """  # noqa: S608  (our own names)


async def _steps(condition: str, *args: Any) -> list[VisitStep]:
    return [VisitStep(*row) for row in await fetch(_STEPS + condition, *args)]


async def _near(standing: Standing) -> list[VisitStep]:
    """Waiting steps that are due within `SOON`, or whose visit or round is not what it was."""
    names = ["", *standing.rounds]
    afterwards = ["", *(round.name for round in standing.rounds.values() if round.after)]
    return await _steps(
        "s.state = 'waiting' AND (s.due_at <= {} OR s.visit_no <> b.visit_no OR b.state = 'cancelled' "
        f"OR (b.state NOT IN ('booked', 'confirmed') AND s.rule NOT IN ({marks(afterwards)})) "
        f"OR s.rule NOT IN ({marks(names)}))",
        *(standing.now + SOON, *afterwards, *names),
    )


_KEPT_HERE = (texting.NO_NUMBER, texting.ABROAD, texting.NOT_MOBILE, limits.SPENT)
"""Why an SMS does not leave, for good."""


async def _failed(standing: Standing) -> list[VisitStep]:
    """Steps whose message failed or never left, unless another step or a later reminder of the visit does their duty."""
    of_kind = [round.name for round in standing.rounds.values() if round.kind is RoundKind.REMINDER]
    reminders, afterwards = ["", *of_kind], ["", *(r.name for r in standing.rounds.values() if r.after)]
    since = standing.now - max(ahead(standing.rounds.values()), back(standing.rounds.values()))
    return await _steps(
        "s.message IN (SELECT x.id FROM message x WHERE x.state IN ('failed', 'skipped') AND x.due_at > {} "  # noqa: S608
        f"AND (x.state = 'failed' OR x.error IN ({marks(_KEPT_HERE)}))) AND s.state = 'taken' AND s.visit_no = b.visit_no "
        f"AND (b.starts_at > {{}} OR s.rule IN ({marks(afterwards)})) "
        "AND NOT EXISTS (SELECT 1 FROM step f WHERE f.booking = s.booking AND f.visit_no = s.visit_no "
        "AND f.rule = s.rule AND f.id > s.id) "
        f"AND (s.rule NOT IN ({marks(reminders)}) OR NOT EXISTS ("
        "SELECT 1 FROM step o JOIN message n ON n.id = o.message WHERE o.booking = s.booking "
        "AND o.visit_no = s.visit_no AND o.state = 'taken' AND o.due_at > s.due_at AND n.state NOT IN ('failed', 'skipped') "
        f"AND o.rule IN ({marks(reminders)})))",
        *(since, *_KEPT_HERE, standing.now, *afterwards, *reminders, *reminders),
    )


async def _end_and_redirect(was: str, fates: Sequence[tuple[VisitStep, Fate]], standing: Standing) -> int:
    """As `_end`; where nothing arrives at a contact, the round's next channel does it."""
    lost = [step for step, fate in fates if fate.reason == NOTHING_ARRIVES]
    await _go_instead([other for step in lost if (other := instead(step, standing))], standing.now)
    return await _end(was, fates)


async def _go_instead(others: Sequence[Instead], now: datetime) -> None:
    """Once: a second time the step is there."""
    await insert([
        (step.booking, step.visit_no, step.rule, channel, due_at, "", now) for step, channel, due_at in others
    ])  # fmt: skip


async def _end(was: str, fates: Sequence[tuple[VisitStep, Fate]]) -> int:
    """Writes what became of steps that were `was` until now; returns how many were missed."""
    alike: dict[Fate, list[int]] = defaultdict(list)
    for step, fate in fates:
        alike[fate].append(step.step)
    missed = 0
    for fate, steps in alike.items():
        free = ", message = NULL" if fate.state == "waiting" else ""
        ended = await fetch(
            f"UPDATE step SET state = {{}}, reason = {{}}, due_at = COALESCE({{}}, due_at){free} "  # noqa: S608
            f"WHERE state = {{}} AND id IN ({marks(steps)}) RETURNING id",
            *(fate.state, fate.reason, fate.due_at, was, *steps),
        )
        missed += len(ended) if fate.state == "missed" else 0
    return missed


def _count_missed(missed: int) -> None:
    if missed:
        REMINDERS_MISSED.inc(missed)
        log.warning("reminders would have come too late", extra={"missed": missed})


# --- sending


async def take_due(now: datetime) -> None:
    """Puts due steps into the outbox: one message for all visits of one contact on one day. Repeating it is harmless."""
    clinic = await current_clinic()
    if clinic is None:
        return
    standing = await _standing(clinic, now)
    due = [step for step, fate in judged(await _near(standing), standing) if fate == Fate()]
    if not due:
        return
    groups: dict[Together, list[VisitStep]] = defaultdict(list)
    for step in due:
        groups[together(step, clinic.zone)].append(step)
    for step in await _waiting_between(clinic, [group.day for group in groups], standing):
        if (
            not standing.unwanted(step)
            and not standing.doubtful(step)
            and (group := together(step, clinic.zone)) in groups
        ):
            groups[group].append(step)
    await attempt(partial(_take, groups, standing))


async def _waiting_between(clinic: Clinic, days: Sequence[date], standing: Standing) -> list[VisitStep]:
    """The steps, not yet due, of the coming visits from the first to the last of these local days."""
    zone = clinic.setup.zone
    found = await _steps(
        "s.state = 'waiting' AND s.due_at > {} AND b.starts_at >= {} AND b.starts_at < {} "
        "AND s.visit_no = b.visit_no AND b.state IN ('booked', 'confirmed')",
        *(standing.now, instant(day_span(zone, min(days)).start), instant(day_span(zone, max(days)).end)),
    )
    return [step for step in found if step.rule in standing.rounds and not standing.rounds[step.rule].after]


async def _take(groups: dict[Together, list[VisitStep]], standing: Standing) -> None:
    """A message that gets no step, because somebody was quicker, names no visit and is skipped. Steps whose message was
    claimed in this moment wait for the next round.
    """
    drafts = await _named([_draft(group, steps, standing) for group, steps in groups.items()])
    await outbox.add_all(drafts, now=standing.now)
    queued = await _queued(drafts)
    for draft, steps in zip(drafts, groups.values(), strict=True):
        if draft.dedupe in queued:
            await fetch(
                f"UPDATE step SET state = 'taken', message = {{}} WHERE id IN ({marks(steps)}) AND state = 'waiting'",  # noqa: S608
                *(queued[draft.dedupe], *(step.step for step in steps)),
            )


async def _named(drafts: Sequence[Draft]) -> list[Draft]:
    """Each by the first of its names whose message has not begun to leave: one that has takes nobody along any more, and
    what it left out may be due again in the same minute.
    """
    named, tries = [*drafts], count(2)
    while gone := await _gone(named):
        again = next(tries)
        named = [
            replace(own, dedupe=f"{first.dedupe}:{again}") if own.dedupe in gone else own
            for first, own in zip(drafts, named, strict=True)
        ]
    return named


async def _gone(drafts: Sequence[Draft]) -> set[str]:
    rows = await fetch(
        f"SELECT dedupe FROM message WHERE dedupe IN ({marks(drafts)}) AND state <> 'queued'",  # noqa: S608
        *(draft.dedupe for draft in drafts),
    )
    return {name for (name,) in rows}


async def _queued(drafts: Sequence[Draft]) -> dict[str, UUID]:
    """Name → message of those that nobody can claim before this transaction is over."""
    lock = "" if on_sqlite() else "FOR UPDATE"
    rows = await fetch(
        f"SELECT dedupe, id FROM message WHERE dedupe IN ({marks(drafts)}) AND state = 'queued' ORDER BY id {lock}",  # noqa: S608
        *(draft.dedupe for draft in drafts),
    )
    return dict(rows)


def _draft(group: Together, steps: Sequence[VisitStep], standing: Standing) -> Draft:
    first_due = min(steps, key=lambda step: (step.due_at, step.step))
    first = min(steps, key=lambda step: (step.starts_at, step.booking))
    kind = MESSAGE[standing.rounds[group.rule].kind]
    return Draft(
        kind=kind,
        channel=group.channel,
        recipient=group.contact,
        language=group.language,
        dedupe=f"{kind}:{first_due.booking}:{first_due.visit_no}:{group.rule}:{group.channel}:{minute(first_due.due_at)}"
        f":{sha256(group.contact.encode()).hexdigest()[:12]}",
        due_at=standing.now,
        not_after=max(standing.last_call(step) for step in steps),
        booking=first.booking,
        facts={"rule": group.rule},
    )


@dataclass(frozen=True, slots=True)
class Speech:
    """What a round's message may still say."""

    visits: tuple[Visit, ...] = ()
    """By start; none: nothing."""
    round: Round | None = None
    folded: bool = False
    """A check-in that could not come is said with it."""


async def speech(message: UUID, *, now: datetime) -> Speech:
    """Asked when a message leaves. Its other steps are dropped; they wait again while a cancellation may be undone, or
    until quiet hours are over.
    """
    clinic = await current_clinic()
    if clinic is None:
        return Speech()
    standing = await _standing(clinic, now)
    steps = await _steps("s.message = {} AND s.state = 'taken'", message)
    fates = [(step, on_leaving(step, standing)) for step in steps]
    ended = [(step, fate) for step, fate in fates if fate != Fate()]
    if ended:
        _count_missed(await attempt(partial(_end_and_redirect, "taken", ended, standing)))
    left = [step for step, fate in fates if fate == Fate()]
    if not left:
        return Speech()
    visits, round = tuple(await visits_by_id([step.booking for step in left])), standing.rounds[left[0].rule]
    sure = [step for step in left if not step.in_doubt]
    return Speech(visits, round, round.kind is RoundKind.REMINDER and await _folded(sure))


async def _folded(steps: Sequence[VisitStep]) -> bool:
    if not steps:
        return False
    rows = await fetch(
        "SELECT 1 FROM step s JOIN booking b ON b.id = s.booking AND b.visit_no = s.visit_no "  # noqa: S608
        f"WHERE s.booking IN ({marks(steps)}) AND s.state = 'dropped' AND s.reason = {{}} LIMIT 1",
        *(*(step.booking for step in steps), FOLDED),
    )
    return bool(rows)


def _why_not(step: VisitStep, standing: Standing) -> str:
    return standing.unwanted(step) or (IN_DOUBT if standing.doubtful(step) else "")


async def foretold(visit: Visit, now: datetime) -> list[Told]:
    """As `story`; what waits and would not go as things stand says why, so that nobody is promised it."""
    told, clinic = await story(visit, now), await current_clinic()
    if clinic is None or not any(one.state == "waiting" for one in told):
        return told
    standing = await _standing(clinic, now)
    steps = await _steps("s.booking = {} AND s.state = 'waiting'", visit.id)
    why = {(step.rule, step.channel): _why_not(step, standing) for step in steps if step.rule in standing.rounds}
    return [
        replace(one, state="dropped", why=reason)
        if one.state == "waiting" and (reason := why.get((one.round, one.channel)))
        else one
        for one in told
    ]


async def drop(message: UUID, reasons: dict[int, str]) -> None:
    """Ends the steps of a message that are of these visits (booking → why not)."""
    steps = await _steps("s.message = {} AND s.state = 'taken'", message)
    ended = [(step, Fate("dropped", reasons[step.booking][:80])) for step in steps if step.booking in reasons]
    if ended:
        await attempt(partial(_end, "taken", ended))
