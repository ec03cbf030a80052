"""The confirmation of a visit that is not booked yet, as the person will get it."""

from collections.abc import Sequence
from datetime import timedelta

from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clock import instant
from turnet.messaging.manner import Manner
from turnet.messaging.matter import says_who
from turnet.messaging.preview import Preview, preview
from turnet.settings import Settings
from turnet.web.desk.booking.asked_for import Asked
from turnet.web.desk.booking.wanted import Time

ONE, MANY = "booking_confirmed", "series_booked"


async def confirmation(asked: Asked, settings: Settings, times: Sequence[Time] = ()) -> Preview | None:
    """Of the chosen time, or of all the times of a series; None while there is none, or nobody to write to."""
    chosen = list(times) or ([asked.time] if asked.time else [])
    if not chosen or not asked.channel or not asked.services:
        return None
    visits = [planned(asked, time) for time in chosen]
    return preview(
        MANY if len(visits) > 1 else ONE,
        visits,
        asked.seat.clinic,
        settings,
        channel=asked.channel,
        language=asked.language,
        now=asked.seat.now,
        manner=Manner(named=await says_who(asked.channel, asked.address, asked.name)),
    )


def planned(asked: Asked, time: Time) -> Visit:
    seat, services = asked.seat, asked.services
    start = instant(time.start)
    return Visit(
        id=0,
        public_id="planned",
        reference="…",
        state=State.BOOKED,
        service=services[0].id,
        practitioner=time.practitioner.id,
        room=time.room.id if time.room else None,
        location=time.location.id,
        patient_name=asked.name,
        phone=asked.address if asked.channel == "sms" else "",
        email=asked.address if asked.channel == "email" else "",
        language=asked.language,
        for_whom="me",
        note="",
        starts_at=start,
        ends_at=start + timedelta(minutes=sum(service.rules.minutes for service in services)),
        zone=seat.clinic.zone.key,
        door="phone",
        link_no=1,
        version=1,
        sequence=0,
        visit_no=1,
        moved_from=None,
        cancelled_at=None,
        undo_until=None,
        created_at=seat.now,
        updated_at=seat.now,
        extras=tuple(service.id for service in services[1:]),
    )
