"""What needs somebody: visits that lie in blocked time, people no message reached, people nobody has looked at yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.booking import needs as reads
from turnet.booking import service as acts
from turnet.booking.model import Visit
from turnet.booking.needs import Unmatched
from turnet.booking.queries import affected
from turnet.clinic.blocks import Block, block
from turnet.conversation.queries import count_waiting
from turnet.conversation.service import desk
from turnet.i18n import ngettext
from turnet.messaging.failures import Failure, Lost, count_failures, failures
from turnet.staff.permissions import Reach, reach
from turnet.web.desk import did
from turnet.web.desk.blocked import blocks
from turnet.web.desk.inbox import words
from turnet.web.desk.picked import Picked, after, picked, way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

HERE = "/desk/needs"


@dataclass(frozen=True, slots=True)
class Stranded:
    """A visit in blocked time."""

    mine: Picked
    asked_at: datetime | None
    """When its patient was asked to choose another time, in clinic time; None: not yet."""
    move: str
    may_ask: bool
    """Can they be reached, and were they not asked yet?"""


@dataclass(frozen=True, slots=True)
class Pile:
    """Stranded visits with one and the same reason."""

    line: blocks.Line | None
    """None: they lie outside everybody's hours."""
    visits: Sequence[Stranded]

    @property
    def to_ask(self) -> str:
        """Public ids of those who can be asked now."""
        return " ".join(one.mine.visit.public_id for one in self.visits if one.may_ask)

    @property
    def waiting(self) -> int:
        """How many were asked and have not answered."""
        return sum(one.asked_at is not None for one in self.visits)


@dataclass(frozen=True, slots=True)
class NeedsPage:
    frame: DeskFrame
    said: Said | None
    seat: Seat
    piles: Sequence[Pile]
    calls: Sequence[Lost]
    """Whom no message reached."""
    new: Sequence[tuple[Unmatched, datetime]]
    waits: int = 0
    """Conversations by SMS that somebody has to look at."""

    def what(self, row: Failure) -> str:
        return words.ours(row.kind)

    def why(self, row: Failure) -> str:
        return words.trouble(row.state, row.error)

    def code(self, row: Failure) -> str:
        return words.code(row.state, row.error)


@get(HERE, act="diary.see", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    theirs = only(seat, "patient.merge")
    new = await reads.unmatched(now=seat.now, practitioner=theirs) if seat.may("patient.merge") else []
    page = NeedsPage(
        frame=seat.frame("needs"),
        said=await _said(seat, query),
        seat=seat,
        piles=await _piles(seat),
        calls=await _calls(seat),
        new=[(row, seat.local(row.starts_at)) for row in new],
        waits=await count_waiting() if seat.may("inbox.work") else 0,
    )
    return Page("desk/move/needs.html", page, block="needs")


async def _calls(seat: Seat) -> list[Lost]:
    """As on the inbox's own list of them, whose answers to strangers only those see who work there."""
    return await failures(now=seat.now, **_reached(seat)) if seat.may("message.send") else []


def _reached(seat: Seat) -> dict[str, Any]:
    return {"practitioner": only(seat, "message.send"), "answers": seat.may("inbox.work")}


async def _piles(seat: Seat) -> list[Pile]:
    if not seat.may("visit.move"):
        return []
    found = await _affected(seat)
    piles = []
    for closure, group in groupby(sorted(found, key=lambda one: one[1] or 0), key=lambda one: one[1]):
        visits = [_stranded(seat, visit, told) for visit, _closure, told in group]
        behind: Block | None = await block(closure) if closure is not None else None
        piles.append(Pile(blocks.line(seat, behind, len(visits)) if behind else None, visits))
    return piles


async def _affected(seat: Seat) -> list[tuple[Visit, int | None, datetime | None]]:
    theirs = only(seat, "visit.move")
    return await affected(seat.clinic, seat.now, practitioners=None if theirs is None else [theirs])


def _stranded(seat: Seat, visit: Visit, told: datetime | None) -> Stranded:
    mine = Picked(seat, visit)
    return Stranded(
        mine=mine,
        asked_at=seat.local(told) if told else None,
        move=f"{mine.path}/move?{urlencode({'back': HERE})}",
        may_ask=bool(mine.channel) and told is None and seat.may("message.send", visit.practitioner),
    )


def only(seat: Seat, act: str) -> int | None:
    """The one diary (resource id) that an act reaches; None: everybody's."""
    return None if reach(seat.staff, act) is Reach.ALL else seat.staff.practitioner or 0


async def _said(seat: Seat, query: Mapping[str, str]) -> Said | None:
    count = query.get("asked", "")
    if count.isascii() and count.isdecimal() and len(count) < 5:
        num = int(count)
        return Said(
            ngettext(
                "%(num)d person is asked to choose a new time.", "%(num)d people are asked to choose a new time.", num
            )
            % {"num": num}
        )
    if query.get("did"):
        return await did.said(seat, query["did"], HERE)
    return await blocks.said(seat, query.get("made", ""), HERE)


# --- acts


@post(f"{HERE}/ask", act="message.send", include_in_schema=False)
async def ask(request: AnyRequest) -> Response[Any]:
    """Sends the link to choose a new time to those of `visits` (public ids, with spaces between) that still need it."""
    seat = await seated(request)
    raw = (await forms.read(request, ("visits", "back"))).raw
    wanted = set(raw.get("visits", "").split())
    found = {visit.public_id: visit.id for visit, _closure, _told in await _affected(seat)}
    count = 0
    if chosen := [found[one] for one in sorted(wanted & found.keys())]:
        count = await acts.ask_for_new_time(desk_act(request, seat), seat.clinic, chosen)
    return done(request, f"{HERE}?asked={count}")


@post(f"{HERE}/told", act="message.send", include_in_schema=False)
async def told(request: AnyRequest) -> Response[Any]:
    """The person was reached by telephone: `visit`, and with it whatever else stood on its line."""
    seat = await seated(request)
    raw = (await forms.read(request, ("visit", "back"))).raw
    mine = await picked(seat, raw.get("visit", ""), "message.send")
    act = desk_act(request, seat)
    for row in next((one.rows for one in await _calls(seat) if mine.visit.public_id in one.visits), ()):
        if not row.visit:
            await desk.dealt(act, row.id)
        elif row.visit != mine.visit.public_id:
            await acts.told_by_phone(act, (await picked(seat, row.visit, "message.send")).visit.id)
    await acts.told_by_phone(act, mine.visit.id)
    return done(request, after(way_back(raw, HERE), mine.visit))


# --- how many


@get(f"{HERE}/count", act="diary.see", include_in_schema=False)
async def count(request: AnyRequest) -> Response[str]:
    """The number on the bar, as a fragment; nothing when nothing waits."""
    number = await waiting(await seated(request))
    label = ngettext("%(num)d thing", "%(num)d things", number) % {"num": number}
    body = f'<b aria-hidden="true">{min(number, 99)}</b><span class="vh">, {label}</span>' if number else ""
    return Response(body, media_type=MediaType.HTML)


async def waiting(seat: Seat) -> int:
    """Things that wait for this person."""
    number = 0
    if seat.may("visit.move"):
        number += sum(told is None for _visit, _closure, told in await _affected(seat))
    if seat.may("message.send"):
        number += await count_failures(now=seat.now, **_reached(seat))
    if seat.may("patient.merge"):
        number += await reads.count_unmatched(now=seat.now, practitioner=only(seat, "patient.merge"))
    return number


routes: list[ControllerRouterHandler] = [see, ask, told, count]
