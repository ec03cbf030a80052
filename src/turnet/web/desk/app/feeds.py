"""`/desk/me/feeds`: secret addresses under which one's own calendar program reads one's own diary; `/cal/…` answers it."""

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking.feed import feed_visits
from turnet.booking.links import missed
from turnet.errors import Invalid, NotAllowed, NotFound, TooMany, Unavailable
from turnet.i18n import _
from turnet.messaging.feed import written
from turnet.staff.feeds import Scope, feeds_of, reader_behind
from turnet.staff.service import feeds, own
from turnet.web.desk.accounts.account import HOME, ask, trouble_of
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import door
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit import acting, forms, htmx
from turnet.web.kit.compression import PRESSES, encoding
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public.here import any_clinic

FEEDS = f"{HOME}/feeds"
_FIELDS = ("label", "scope", "current")


@dataclass(frozen=True, slots=True)
class Line:
    public_id: str
    label: str
    scope: str
    made: datetime
    used: datetime | None
    """Local times."""


@dataclass(frozen=True, slots=True)
class FeedsPage:
    frame: DeskFrame
    lines: tuple[Line, ...]
    scopes: tuple[tuple[str, str, str], ...]
    """Name, title and what it shows."""
    diary: bool
    form: Form
    ask: bool
    trouble: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class NewFeedPage:
    frame: DeskFrame
    address: str = field(repr=False)
    said: Said | None = None


def _scopes() -> Mapping[Scope, tuple[str, str]]:
    return {
        Scope.BUSY: (_("Busy"), _("When you are taken, and nothing else")),
        Scope.INITIALS: (_("Initials"), _("Initials and the room")),
        Scope.FULL: (_("Full"), _("Name, reason for the visit, telephone. Only for a device that locks")),
    }


@get(FEEDS, act="own.feed", include_in_schema=False)
async def see(request: AnyRequest) -> Page:
    seat = await seated(request)
    said = Said(_("That address leads nowhere any more."), back=FEEDS) if "revoked" in request.query_params else None
    return await _page(request, seat, Form({"scope": Scope.INITIALS}), said=said)


@post(FEEDS, act="own.feed", include_in_schema=False, status_code=200)
async def make(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, _FIELDS)
    try:
        knock = door.knock(request)
        await own.prove(knock, seat.session, form.raw.get("current", ""))
        token = await feeds.make(seat.staff, form.raw.get("scope", ""), form.raw.get("label", ""), real=knock.real)
    except Invalid as error:
        return await _page(request, seat, form.with_errors(_wrong(error), _FIELDS), status=422)
    except NotAllowed as error:
        trouble = _("No more addresses fit. Revoke one that is not used any more.")
        return await _page(request, seat, form, status=error.status, trouble=trouble)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return await _page(request, seat, form, status=status, trouble=trouble)
    return Page("desk/me/feed.html", NewFeedPage(seat.frame("more"), f"{seat.origin}/cal/{token}.ics"), block="body")


def _wrong(error: Invalid) -> Mapping[str, str]:
    own_words = {"label": _("Write which device it is for."), "scope": _("Choose how much it shows.")}
    return sentences(error) | {name: text for name, text in own_words.items() if name in error.fields}


@post(f"{FEEDS}/{{id:str}}/revoke", act="own.feed", include_in_schema=False, status_code=200)
async def revoke(request: AnyRequest, id: FromPath[str]) -> Response[bytes]:
    seat = await seated(request)
    await feeds.revoke(seat.staff, id, real=request.app.state.clock.real())
    return htmx.done(request, f"{FEEDS}?revoked")


async def _page(
    request: AnyRequest, seat: Seat, form: Form, *, status: int = 200, trouble: str = "", said: Said | None = None
) -> Page:
    titles = _scopes()
    lines = tuple(
        Line(
            feed.public_id,
            feed.label,
            titles[feed.scope][0],
            seat.local(feed.made_at),
            seat.local(feed.used_at) if feed.used_at else None,
        )
        for feed in await feeds_of(seat.staff.id)
    )
    scopes = tuple((str(scope), *words) for scope, words in titles.items())
    diary = seat.staff.practitioner is not None
    page = FeedsPage(seat.frame("more"), lines, scopes, diary, form, ask(request, seat), trouble, said)
    return Page("desk/me/feeds.html", page, block="body", status=status)


# --- what calendar programs ask for


@get("/cal/{name:str}", include_in_schema=False)
async def calendar(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Raises NotFound for an address that leads nowhere, whatever the reason, and TooMany for many of them."""
    clinic = await any_clinic(request)
    act = acting.act(request)
    reader = await reader_behind(name.removesuffix(".ics")) if name.endswith(".ics") else None
    if reader is None:
        await missed(act)
        raise NotFound(what="feed")
    with suppress(Unavailable):  # a full disk hides no diary
        await feeds.used(reader, real=act.real)
    visits = await feed_visits(reader.practitioner, act.now)
    body = await asyncio.to_thread(written, visits, reader, clinic, request.app.state.settings)
    return _answer(request, body)


def _answer(request: AnyRequest, body: bytes) -> Response[bytes]:
    """A strong ETag names bytes, so each encoding has its own."""
    pressing = encoding(request.headers.get("accept-encoding", "").encode("latin-1"))
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}{"-" * bool(pressing)}{pressing.decode()}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(b"", status_code=304, headers=headers, media_type="text/calendar")
    if pressing:
        body, headers["Content-Encoding"] = PRESSES[pressing](body), pressing.decode()
    return Response(body, headers=headers, media_type="text/calendar; method=PUBLISH")


open_routes: list[ControllerRouterHandler] = [calendar]
routes: list[ControllerRouterHandler] = [see, make, revoke]
