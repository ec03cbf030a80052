"""`/desk/inbox/failed`: what did not reach a patient, one after the other, and contacts to which nothing is sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.conversation.service import desk
from turnet.conversation.service.desk import ACT
from turnet.errors import NotAllowed, NotFound
from turnet.i18n import _
from turnet.messaging.failures import Failure, Lost, Silent, dead, failures, silent
from turnet.web.desk.inbox import words
from turnet.web.desk.inbox.pages import HOME, NO_STORE
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

FAILED = f"{HOME}/failed"


@dataclass(frozen=True, slots=True)
class FailedPage:
    frame: DeskFrame
    seat: Seat
    lines: Sequence[Lost]
    dead: Collection[str]
    """Numbers and addresses at which nothing arrives."""
    silent: Sequence[Silent]
    said: Said | None = None
    trouble: bool = False
    """What was asked for cannot be sent any more."""

    def local(self, at: datetime) -> datetime:
        return self.seat.local(at)

    def what(self, row: Failure) -> str:
        return words.ours(row.kind)

    def other_way(self, line: Lost) -> Failure | None:
        """Of a visit whose patient can be written to at another number or address; None: there is no such visit."""
        return next((row for row in line.rows if row.visit and not _ways(row) <= set(self.dead)), None)

    def why(self, row: Failure) -> str:
        return words.trouble(row.state, row.error)

    def code(self, row: Failure) -> str:
        return words.code(row.state, row.error)

    def reason(self, one: Silent) -> str:
        return words.reason(one.reason)


@get(FAILED, act=ACT, include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    return await _page(seat, said=_said(asked.once(request)))


async def _page(seat: Seat, *, said: Said | None = None, trouble: bool = False, status: int = 200) -> Page:
    lines = await failures(now=seat.now)
    contacts = {way for line in lines for row in line.rows for way in _ways(row)}
    gone = await dead(contacts, now=seat.now) | {line.last.recipient for line in lines}
    page = FailedPage(seat.frame("inbox"), seat, lines, gone, await silent(), said, trouble)
    return Page("desk/inbox/failed.html", page, block="failed", status=status, headers=NO_STORE)


def _ways(row: Failure) -> set[str]:
    return {row.phone, row.email} - {""}


def _said(query: Mapping[str, str]) -> Said | None:
    did = query.get("did", "")
    if did == "dealt" and (message := _read(query.get("of", ""))):
        return Said(_("Off the list."), undo=f"{FAILED}/{message}/back", back=FAILED)
    sentences = {
        "again": _("It is sent once more."),
        "back": _("On the list again."),
        "right": _("Messages go there again."),
    }
    return Said(sentences[did], back=FAILED) if did in sentences else None


def _read(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _message(text: str) -> UUID:
    """Raises NotFound for what is no message's id."""
    if found := _read(text):
        return found
    raise NotFound(what="message")


@post(f"{FAILED}/{{message:str}}/again", act=ACT, include_in_schema=False)
async def again(request: AnyRequest, message: FromPath[str]) -> Response[Any]:
    seat, id = await seated(request), _message(message)
    try:
        await desk.again(desk_act(request, seat), id)
    except NotAllowed:
        return await _page(seat, trouble=True, status=409)
    return done(request, f"{FAILED}?did=again")


@post(f"{FAILED}/{{message:str}}/done", act=ACT, include_in_schema=False)
async def dealt(request: AnyRequest, message: FromPath[str]) -> Response[Any]:
    seat, id = await seated(request), _message(message)
    await desk.dealt(desk_act(request, seat), id)
    return done(request, f"{FAILED}?did=dealt&of={id}")


@post(f"{FAILED}/{{message:str}}/back", act=ACT, include_in_schema=False)
async def back(request: AnyRequest, message: FromPath[str]) -> Response[Any]:
    seat, id = await seated(request), _message(message)
    await desk.not_dealt(desk_act(request, seat), id)
    return done(request, f"{FAILED}?did=back")


@post(f"{FAILED}/right", act=ACT, include_in_schema=False)
async def right(request: AnyRequest) -> Response[Any]:
    """`contact`: a number or an address to which nothing was sent."""
    seat = await seated(request)
    raw = (await forms.read(request, ("contact", "back"))).raw
    await desk.right_number(desk_act(request, seat), raw.get("contact", ""))
    return done(request, f"{FAILED}?did=right")


routes: list[ControllerRouterHandler] = [see, again, dealt, back, right]
