"""On the first of a month each owner gets the month before on one page, by mail."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, tx
from turnet.feedback.queries import survey, tally_between, waiting
from turnet.feedback.stats import Tally
from turnet.format import month_name
from turnet.i18n import speaking
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft
from turnet.messaging.texting import policy
from turnet.reminders.model import RoundKind
from turnet.reminders.queries import active_rounds
from turnet.reports import words
from turnet.reports.advice import Situation, advice
from turnet.reports.model import gain, total
from turnet.reports.queries import baseline, months
from turnet.scheduling.hours import day_span, instants, local_day
from turnet.settings import Settings
from turnet.staff.model import Role, Staff
from turnet.staff.queries import active

KIND = "month_page"
AT = 8 * 60
"""Minute of the day from which it goes."""
USEFUL = timedelta(days=7)
"""A server that was away on the first tells it later, but not for longer than this."""


async def tell(settings: Settings, now: datetime) -> int:
    """Writes to every owner who has not been written to of the last month. Returns to how many; again is harmless."""
    clinic = await current_clinic()
    if clinic is None:
        return 0
    zone = clinic.setup.zone
    this = local_day(zone, minute(now)).replace(day=1)
    due = goes(zone, this)
    if not due <= now < due + USEFUL:
        return 0
    month = (this - timedelta(days=1)).replace(day=1)
    told = {key for (key,) in await fetch("SELECT dedupe FROM message WHERE kind = {} AND due_at >= {}", KIND, due)}
    left = [one for one in await active([Role.OWNER]) if one.email and _key(one, month) not in told]
    if not left:
        return 0
    bounds = instant(day_span(zone, month).start), instant(day_span(zone, this).start)
    found, opinion = await _situation(clinic, *bounds, now), await tally_between(*bounds)
    drafts = [_draft(one, month, now, _facts(clinic, settings, found, opinion, month, one.language)) for one in left]
    async with tx():
        await outbox.add_all(drafts, now=now)
    return len(drafts)


def goes(zone: str, first: date) -> datetime:
    """When the page of the month before this first day is written."""
    return instant(instants(zone, first, AT)[0])


def _key(owner: Staff, month: date) -> str:
    return f"{KIND}:{owner.id}:{month:%Y-%m}"


def _draft(owner: Staff, month: date, now: datetime, facts: Mapping[str, str]) -> Draft:
    return Draft(KIND, "email", owner.email, owner.language, _key(owner, month), now, now + USEFUL, facts=facts)


async def _situation(clinic: Clinic, first: datetime, last: datetime, now: datetime) -> Situation:
    [rooms] = await months(clinic, (first, last), now=now)
    [(unreached,)] = await fetch(
        "SELECT count(*) FROM message WHERE channel = 'sms' AND state = 'failed' AND finished_at >= {} AND finished_at < {}",
        *(first, last),
    )
    on = await active_rounds()
    kinds = {one.kind for one in on}
    return Situation(
        use=total(rooms),
        before=await baseline(),
        price_known=(await policy()).price is not None,
        waiting_comments=await waiting(first, alarm_at=(await survey()).alarm_at),
        unreached=int(unreached),
        reminders_ask=any(one.answers for one in on if one.kind is RoundKind.REMINDER),
        checkin_on=RoundKind.CHECKIN in kinds,
        feedback_on=RoundKind.FEEDBACK in kinds,
    )


def _facts(
    clinic: Clinic, settings: Settings, found: Situation, opinion: Tally, month: date, language: str
) -> dict[str, str]:
    """Worded when it is written down: what a month was does not change until it leaves."""
    with speaking(language):
        return {
            "month": f"{month_name(month)} {month.year}",
            "spent": words.spent(found.use, clinic),
            "chairs": words.chairs(gain(found.use, found.before), clinic),
            "outside": words.outside(found.use),
            "nps": words.opinion(opinion),
            "advice": words.to_do(advice(found)),
            "link": f"{settings.origin}/admin/value?month={month:%Y-%m}",
        }
