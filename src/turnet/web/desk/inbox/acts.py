"""What is done in a conversation; each leads back to it or, when nothing waits any more, to the list."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking.model import Act
from turnet.conversation import queries as reads
from turnet.conversation.queries import Thread
from turnet.conversation.service import desk
from turnet.conversation.service.desk import ACT
from turnet.errors import Invalid, Stale
from turnet.i18n import _
from turnet.ids import random_id
from turnet.web.desk.inbox.pages import HOME, NO_STORE, page
from turnet.web.desk.seat import desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page

_ONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")
FIELDS = ("text", "once", "version", "then")


@post(f"{HOME}/{{public_id:str}}/answer", act=ACT, include_in_schema=False)
async def answer(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`then=done`: nothing waits after it. Whoever was overtaken sees what was said, with what they typed beside it."""
    seat = await seated(request)
    thread = await reads.thread(public_id)
    form = await forms.read(request, FIELDS)
    once = form.raw.get("once", "") if _ONCE.fullmatch(form.raw.get("once", "")) else random_id()
    finish = form.raw.get("then") == "done"
    try:
        now = await desk.answer(
            desk_act(request, seat), seat.clinic, thread.phone, form.raw.get("text", ""),
            once=once, version=form.version, finish=finish,
        )  # fmt: skip
    except Invalid as error:
        return await _back(request, public_id, form.with_errors({"text": _sentence(error.fields["text"])}), 422)
    except Stale:
        return await _back(request, public_id, form, 409, trouble="stale")
    same = form.version == now.version  # as before: it had been sent already
    if finish:
        return done(request, f"{HOME}?did={'done' if same else 'sent'}&of={public_id}")
    return done(request, at_newest(now, "" if same else "answered"))


def at_newest(thread: Thread, did: str = "") -> str:
    """Where the conversation ends. The version tells the address from the one before: to the same one with the same
    fragment no browser goes, so that a page that answers twice would stay as it was."""
    return f"{HOME}/{thread.public_id}?{f'did={did}&' if did else ''}v={thread.version}#newest"


def _sentence(code: str) -> str:
    return {
        "required": _("Write what they should read."),
        "suspended": _("Nothing is sent to this number. Say first that it is right again."),
        "too_long": _("Too long for a text message. Write less, or call."),
    }.get(code) or forms.sentence("note", code)


async def _back(request: AnyRequest, public_id: str, form: Form, status: int, *, trouble: str = "") -> Response[Any]:
    seat = await seated(request)
    thread = await reads.thread(public_id)
    shown = await page(request, seat, {}, thread=thread, form=form, trouble=trouble)
    return Page("desk/inbox/inbox.html", shown, block="conversation", status=status, headers=NO_STORE)


@post(f"{HOME}/{{public_id:str}}/take", act=ACT, include_in_schema=False)
async def take(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _act(request, public_id, desk.take, lambda now: at_newest(now, "taken"))


@post(f"{HOME}/{{public_id:str}}/give", act=ACT, include_in_schema=False)
async def give(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _act(request, public_id, desk.give_back, lambda now: at_newest(now, "given"))


@post(f"{HOME}/{{public_id:str}}/done", act=ACT, include_in_schema=False)
async def finish(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _act(request, public_id, desk.done, lambda now: f"{HOME}?did=done&of={now.public_id}")


@post(f"{HOME}/{{public_id:str}}/reopen", act=ACT, include_in_schema=False)
async def reopen(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _act(request, public_id, desk.reopen, at_newest)


@post(f"{HOME}/{{public_id:str}}/wrong", act=ACT, include_in_schema=False)
async def wrong(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _act(request, public_id, desk.wrong_number, lambda now: f"{HOME}/{now.public_id}?did=wrong")


@post(f"{HOME}/{{public_id:str}}/right", act=ACT, include_in_schema=False)
async def right(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """The number is theirs after all; the conversation opens again."""
    return await _act(request, public_id, desk.not_wrong, lambda now: f"{HOME}/{now.public_id}?did=right")


Doing = Callable[..., Awaitable[Thread]]


async def _act(request: AnyRequest, public_id: str, doing: Doing, after: Callable[[Thread], str]) -> Response[Any]:
    """One that comes too late changes nothing, and shows what is now."""
    seat = await seated(request)
    await reads.thread(public_id)
    form = await forms.read(request, ("version", "back"))
    act: Act = desk_act(request, seat)
    try:
        now = await doing(act, public_id, version=form.version)
    except Stale:
        return await _back(request, public_id, Form(), 409, trouble="stale")
    return done(request, after(now))


routes: list[ControllerRouterHandler] = [answer, take, give, finish, reopen, wrong, right]
