"""`/desk/inbox`: the conversations by SMS that a person has to look at, and one of them with all that was said."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import MediaType, Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.conversation import queries as reads
from turnet.conversation.queries import Around, Coming, Line, Listed, Said, Thread
from turnet.conversation.service.desk import ACT, LONGEST, language_of
from turnet.i18n import LANGUAGES, _, ngettext
from turnet.ids import random_id
from turnet.messaging.compose import Composer
from turnet.messaging.failures import count_failures
from turnet.messaging.matter import hears
from turnet.messaging.spoken import texts
from turnet.patients import service as patients
from turnet.patients.model import Found
from turnet.watch.incidents import going_on
from turnet.web.desk.cards.patients import find
from turnet.web.desk.diary.drawn import ICONS
from turnet.web.desk.diary.drawn import words as state_words
from turnet.web.desk.inbox import words
from turnet.web.desk.said import Said as Toast
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked
from turnet.web.public.words import language_name

HOME = "/desk/inbox"
NO_STORE = {"Cache-Control": "no-store"}
SHOWS = ("open", "mine", "all")
GATEWAY = ("sms_unreported", "replies_silent")
"""Incidents that make an empty inbox no good news."""
_FOUND = 12


@dataclass(frozen=True, slots=True)
class InboxPage:
    """The list, and beside it one conversation or none."""

    frame: DeskFrame
    seat: Seat
    show: str
    """One of `SHOWS`."""
    listed: Sequence[Listed]
    rows: int
    """So many are shown at most."""
    more: int
    """So many show more of them; 0: these are all, or there are too many for a page."""
    failed: int
    """Messages that did not arrive."""
    silent: str
    """What is wrong with the gateway; empty: nothing."""
    said: Toast | None = None
    one: "One | None" = None

    def local(self, at: datetime) -> datetime:
        return self.seat.local(at)

    def why(self, code: str) -> str:
        return words.why(code)

    def path(self, public_id: str) -> str:
        return f"{HOME}/{public_id}" + (f"?show={self.show}" if self.show != "open" else "")


@dataclass(frozen=True, slots=True)
class One:
    """A conversation, in words."""

    thread: Thread
    around: Around
    talk: Said
    seat: Seat
    form: Form
    once: str
    language: str
    quick: Sequence[str]
    most: int
    show: str
    hears: bool
    """What they answer comes back to us."""
    spoken: Mapping[str, str]
    """Outbox row → what the server wrote, as far as that can be known."""
    trouble: str = ""
    """`stale`: somebody wrote in between."""

    @property
    def path(self) -> str:
        return f"{HOME}/{self.thread.public_id}"

    @property
    def back(self) -> str:
        """For an address that leads on: back from there one reads on where one was."""
        return f"{self.path}%23newest"

    @property
    def mine(self) -> bool:
        return self.thread.staff == self.seat.staff.id

    @property
    def colleagues(self) -> str:
        """Another as soon as somebody at the desk has done something here."""
        wrote = max((line.at.isoformat() for line in self.talk.lines if line.staff), default="")
        return f"{self.thread.state} {self.thread.staff or ''} {wrote}"

    @property
    def people(self) -> str:
        """Whose telephone it is."""
        return ", ".join(one.name for one in self.around.people)

    @property
    def why(self) -> str:
        return words.why(self.thread.why)

    @property
    def asked(self) -> str:
        return words.asked(self.around.asked) if self.around.asked else ""

    @property
    def reads(self) -> str:
        return language_name(self.language) if self.language in LANGUAGES else ""

    @property
    def counts(self) -> str:
        """What the counter says, by the number of SMS from one."""
        return json.dumps([words.sms(count) for count in range(1, LONGEST // 60 + 1)], ensure_ascii=False)

    def kind(self, line: Line) -> str:
        return words.ours(line.kind)

    def written(self, line: Line) -> str:
        return line.text or self.spoken.get(line.id, "")

    def became(self, line: Line) -> str:
        return words.outcome(line.outcome) if line.theirs else words.state(line.state)

    def refused(self, purposes: Sequence[str]) -> str:
        return ", ".join(words.purposes().get(one, one) for one in purposes)

    def service(self, visit: Coming) -> Any:
        return self.seat.clinic.service(visit.service).name

    def state(self, visit: Coming) -> tuple[str, str]:
        """(icon, word)."""
        return ICONS[visit.state], state_words()[visit.state]  # type: ignore[index]  # a state compares as its text

    @property
    def earlier(self) -> str:
        return f"{self.path}?most={min(self.most + reads.PAGE, reads.LONGEST)}"


@get(HOME, act=ACT, include_in_schema=False)
async def inbox(request: AnyRequest) -> Response[Any]:
    """`?show=open|mine|all`, `rows=` as many as that; htmx gets the list alone."""
    seat, query = await seated(request), asked.once(request)
    said = await _said(seat, query)
    return Page("desk/inbox/inbox.html", await page(request, seat, query, said=said), block="list", headers=NO_STORE)


@get(f"{HOME}/count", act=ACT, include_in_schema=False)
async def count(request: AnyRequest) -> Response[str]:
    """The number on the bar, as a fragment; nothing when nobody waits."""
    await seated(request)
    number = await reads.count_waiting()
    label = ngettext("%(num)d waits", "%(num)d wait", number) % {"num": number}
    body = f'<b aria-hidden="true">{min(number, 99)}</b><span class="vh">, {label}</span>' if number else ""
    return Response(body, media_type=MediaType.HTML)


@get(f"{HOME}/{{public_id:str}}", act=ACT, include_in_schema=False)
async def show(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`?quick=1` begins with the first of the quick answers, `?most=` shows more of what was said."""
    seat, query = await seated(request), asked.once(request)
    thread = await reads.thread(public_id)
    shown = await page(request, seat, query, thread=thread, said=_thread_said(seat, query, thread))
    return Page("desk/inbox/inbox.html", shown, block="thread", headers=NO_STORE)


async def page(
    request: AnyRequest,
    seat: Seat,
    query: Mapping[str, str],
    *,
    thread: Thread | None = None,
    form: Form | None = None,
    trouble: str = "",
    said: Toast | None = None,
) -> InboxPage:
    show = query.get("show", "") if query.get("show") in SHOWS else "open"
    rows = _number(query.get("rows", ""), reads.ROWS, reads.MOST_ROWS)
    listed = await _listed(seat, show, rows + 1)
    return InboxPage(
        frame=seat.frame("inbox"),
        seat=seat,
        show=show,
        listed=listed[:rows],
        rows=rows,
        more=rows + reads.ROWS if len(listed) > rows < reads.MOST_ROWS else 0,
        failed=await count_failures(now=seat.now),
        silent=await _silent(),
        said=said,
        one=await _one(request, seat, query, thread, form, trouble, show) if thread else None,
    )


async def _listed(seat: Seat, show: str, most: int) -> list[Listed]:
    if show == "mine":
        return await reads.taken_by(seat.staff.id, most)
    return await (reads.recent(most) if show == "all" else reads.waiting(most))


async def _silent() -> str:
    found = await going_on(GATEWAY)
    if "sms_unreported" in found:
        return _(
            "For hours no SMS has been reported as arrived: the gateway may be down. Call whoever must know today."
        )
    return _("Nobody’s answer has come in for days: the gateway may receive nothing.") if found else ""


async def _one(
    request: AnyRequest,
    seat: Seat,
    query: Mapping[str, str],
    thread: Thread,
    form: Form | None,
    trouble: str,
    show: str,
) -> One:
    most = _number(query.get("most", ""), reads.PAGE, reads.LONGEST)
    around = await reads.around(thread.phone, now=seat.now)
    if request.method == "GET":
        for person in around.people:  # what they wrote and when they come is as much as their card says
            await patients.saw(desk_act(request, seat), person.id)
    language = await language_of(thread.phone, seat.clinic)
    about = seat.local(around.about.starts_at) if around.about else None
    quick = words.quick(language, about, seat.clinic.phone, seat.clinic.region)
    chosen = _number(query.get("quick", ""), 0, len(quick))
    begun = form or Form({"text": quick[chosen - 1]} if chosen else {})
    talk = await reads.said(thread.phone, most)
    return One(
        thread=thread,
        around=around,
        talk=talk,
        seat=seat,
        form=begun,
        once=begun.raw.get("once") or random_id(),
        language=language,
        quick=quick,
        most=most,
        show=show,
        hears=hears(request.app.state.settings),
        spoken=await texts(
            [line.id for line in talk.lines if line.id and not line.text],
            seat.clinic,
            Composer(request.app.state.settings, request.app.state.key),
        ),
        trouble=trouble,
    )


def _number(text: str, otherwise: int, most: int) -> int:
    return min(int(text), most) if re.fullmatch("[0-9]{1,4}", text) else otherwise


# --- whose number it is


@dataclass(frozen=True, slots=True)
class WhosePage:
    frame: DeskFrame
    thread: Thread
    asked: str
    found: Sequence[Found]
    said: Toast | None = None

    @property
    def back(self) -> str:
        return f"{HOME}/{self.thread.public_id}"

    def local(self, at: datetime) -> datetime:
        assert self.frame.seat is not None
        return self.frame.seat.local(at)


@get(f"{HOME}/{{public_id:str}}/whose", act=ACT, include_in_schema=False)
async def whose(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`?q=` finds the patient whose number it is; their card takes it."""
    seat, query = await seated(request), asked.once(request)
    text = query.get("q", "")
    thread = await reads.thread(public_id)
    shown = WhosePage(seat.frame("inbox"), thread, text, await find(seat, text, _FOUND))
    return Page("desk/inbox/whose.html", shown, block="found", headers=NO_STORE)


# --- what was just done


async def _said(seat: Seat, query: Mapping[str, str]) -> Toast | None:
    """After an act that leads to the list."""
    if query.get("did") not in {"done", "sent", "wrong"} or not (of := query.get("of", "")):
        return None
    thread = await reads.thread(of)
    return _thread_said(seat, query, thread)


def _thread_said(seat: Seat, query: Mapping[str, str], thread: Thread) -> Toast | None:
    """Only what the conversation proves is said; the way back is offered while nobody has changed it since. There is none
    from an SMS that has left, and `Undo` beside it would promise one."""
    did, path = query.get("did", ""), f"{HOME}/{thread.public_id}"
    if did == "done" and not thread.is_open:
        return Toast(
            _("Done. It opens again when they write and a person has to look."), f"{path}/reopen", thread.version, path
        )
    if did == "sent" and not thread.is_open:
        return Toast(_("The answer is on its way, and nothing waits here."), back=path)
    if did == "wrong" and not thread.is_open:
        return Toast(_("Nothing is sent to this number any more."), f"{path}/right", thread.version, path)
    if did == "answered" and thread.staff == seat.staff.id:
        return Toast(_("The answer is on its way."), back=path)
    sentences = {
        "taken": _("It is yours."),
        "given": _("It is anybody’s again."),
        "right": _("The number is right again."),
    }
    return Toast(sentences[did], back=path) if did in sentences else None


routes: list[ControllerRouterHandler] = [inbox, count, show, whose]
