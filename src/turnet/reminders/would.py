"""What a round would have sent in the calendar month before this one, had it been on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnet.booking.states import State
from turnet.db.transactions import fetch
from turnet.messaging.texting import month_of
from turnet.reminders.model import Round

_CAME = frozenset({State.DONE, State.ARRIVED, State.IN_ROOM})


class Past(NamedTuple):
    starts_at: datetime
    state: str
    phone: str
    email: str
    language: str
    location: int
    service: int


async def last_month(now: datetime, zone: ZoneInfo) -> list[Past]:
    """Its visits that were not cancelled."""
    first, _next = month_of(now, zone)
    rows = await fetch(
        "SELECT starts_at, state, phone, email, language, location, service FROM booking "
        "WHERE starts_at >= {} AND starts_at < {} AND state <> 'cancelled'",
        *month_of(first - timedelta(days=1), zone),
    )
    return [Past(*row) for row in rows]


class Way(NamedTuple):
    channel: str
    language: str


def would(round: Round, visits: Sequence[Past], zone: ZoneInfo) -> Counter[Way]:
    """Messages by the way they would have gone. Visits of one contact on one day are one message."""
    sent = {
        (Way(channel, visit.language), contact, visit.starts_at.astimezone(zone).date())
        for visit in visits
        if round.is_for(visit.location, visit.service) and (not round.after or visit.state in _CAME)
        for channel, contact in (_contact(round, visit),)
        if contact
    }
    return Counter(way for way, _contact, _day in sent)


def _contact(round: Round, visit: Past) -> tuple[str, str]:
    contacts = {"sms": visit.phone, "email": visit.email}
    channel = round.channel([channel for channel, contact in contacts.items() if contact])
    return (channel, contacts[channel]) if channel else ("", "")
