"""Patients as far as somebody at the desk may see them: all, or those of their own diary."""

from turnet.patients import callers as people
from turnet.patients.callers import Caller
from turnet.patients.model import Found
from turnet.web.desk.patients import find, whose
from turnet.web.desk.seat import Seat

MOST = 8


async def caller_of(seat: Seat, public_id: str) -> Caller | None:
    return await people.caller(public_id, practitioner=whose(seat, "patient.see")) if public_id else None


async def found(seat: Seat, text: str) -> list[Found]:
    return await find(seat, text, MOST) if text.strip() else []


async def calling_from(seat: Seat, phone: str) -> list[Caller]:
    return await people.calling_from(phone, practitioner=whose(seat, "patient.see"))
