"""`/admin/staff`: who works here, as what; letting somebody in, and out at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.clinic.model import Clinic
from turnet.errors import Invalid, NotFound, TooMany
from turnet.i18n import _
from turnet.staff import queries
from turnet.staff.model import Knock, Role
from turnet.staff.queries import Account
from turnet.staff.service import accounts, own
from turnet.staff.service.accounts import Part
from turnet.web.desk.accounts.account import ask, trouble_of
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import door
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page

HOME = "/admin/staff"
_FIELDS = ("name", "email", "role", "practitioner", "all_diaries", "language", "current", "required")
_ACT = "staff.manage"


@dataclass(frozen=True, slots=True)
class Listed:
    account: Account
    role: str
    """In words."""
    seen: datetime | None
    """Local time."""


@dataclass(frozen=True, slots=True)
class StaffPage:
    frame: DeskFrame
    people: tuple[Listed, ...]
    owner: bool
    codes_required: bool
    form: Form
    ask: bool
    trouble: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class PersonPage:
    frame: DeskFrame
    form: Form
    ask: bool
    roles: tuple[tuple[str, str, str], ...]
    """Value, name, and what it may do."""
    diaries: tuple[tuple[str, str], ...]
    """Slug and name of each practitioner."""
    languages: tuple[tuple[str, str], ...] = ()
    listed: Listed | None = None
    """None: somebody new."""
    self_: bool = False
    trouble: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class LinkPage:
    """A one-time link, shown once."""

    frame: DeskFrame
    name: str
    kind: str
    address: str = field(repr=False)
    said: Said | None = None


# --- the list


@get(HOME, act=_ACT, include_in_schema=False)
async def look(request: AnyRequest) -> Page:
    return await _list(request, await seated(request), Form())


async def _list(request: AnyRequest, seat: Seat, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    people = tuple(_listed(seat, account) for account in await queries.accounts())
    shown = StaffPage(
        seat.frame("more"), people, seat.staff.role is Role.OWNER, await queries.codes_required(Role.OWNER), form,
        ask(request, seat), trouble, _said(request.query_params.get("done", "")),
    )  # fmt: skip
    return Page("admin/staff/list.html", shown, block="body", status=status)


def _said(what: str) -> Said | None:
    said: Mapping[str, str] = {
        "changed": _("Saved. They log in again."),
        "disabled": _("They are out, on every device."),
        "enabled": _("They may log in again."),
        "ended": _("They are logged out everywhere."),
        "cleared": _("Their next login asks for no code."),
        "policy": _("Saved."),
    }
    return Said(said[what], back=HOME) if what in said else None


def _listed(seat: Seat, account: Account) -> Listed:
    seen = seat.local(account.seen_at) if account.seen_at else None
    return Listed(account, role_name(account.staff.role), seen)


def role_name(role: Role) -> str:
    return {
        Role.OWNER: _("Owner"),
        Role.MANAGER: _("Manager"),
        Role.RECEPTION: _("Reception"),
        Role.PRACTITIONER: _("Practitioner"),
        Role.READ_ONLY: _("Read only"),
    }[role]


def _may_do(role: Role) -> str:
    return {
        Role.OWNER: _("Everything, other owners included"),
        Role.MANAGER: _("Everything but owners’ accounts"),
        Role.RECEPTION: _("All diaries and patients"),
        Role.PRACTITIONER: _("Their own diary and its patients, or all"),
        Role.READ_ONLY: _("Sees, changes nothing"),
    }[role]


@post(f"{HOME}/codes", act="staff.policy", include_in_schema=False, status_code=200)
async def codes_policy(request: AnyRequest) -> Response[Any]:
    seat, knock = await seated(request), door.knock(request)
    form = await forms.read(request, _FIELDS)
    try:
        await own.prove(knock, seat.session, form.raw.get("current", ""))
    except Invalid as error:
        return await _list(request, seat, form.with_errors(sentences(error), _FIELDS), status=422)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return await _list(request, seat, form, status=status, trouble=trouble)
    await accounts.set_codes_policy(knock, seat.staff, required=form.raw.get("required") == "1")
    return htmx.done(request, f"{HOME}?done=policy")


# --- somebody new


@get(f"{HOME}/new", act=_ACT, include_in_schema=False)
async def see_new(request: AnyRequest) -> Page:
    seat = await seated(request)
    return _person(request, seat, Form({"role": "reception", "language": seat.clinic.default_language}), None)


@post(f"{HOME}/new", act=_ACT, include_in_schema=False, status_code=200)
async def invite(request: AnyRequest) -> Response[Any]:
    async def act(seat: Seat, knock: Knock, form: Form) -> Response[Any]:
        name, email = form.raw.get("name", ""), form.raw.get("email", "")
        language = form.raw.get("language", "")
        if language not in seat.clinic.languages:
            language = seat.clinic.default_language
        _id, token = await accounts.invite(knock, seat.staff, name, email, _part(seat.clinic, form), language=language)
        return _link(seat, name, "invite", token)

    return await _proven(request, None, act)


# --- one of them


@get(f"{HOME}/{{person:str}}", act=_ACT, include_in_schema=False)
async def see(request: AnyRequest, person: FromPath[str]) -> Page:
    seat = await seated(request)
    account = await _account(seat, person)
    return _person(request, seat, _filled(seat.clinic, account), account)


@post(f"{HOME}/{{person:str}}", act=_ACT, include_in_schema=False, status_code=200)
async def change(request: AnyRequest, person: FromPath[str]) -> Response[Any]:
    async def act(seat: Seat, knock: Knock, form: Form) -> Response[Any]:
        await accounts.change(knock, seat.staff, person, _part(seat.clinic, form))
        return htmx.done(request, f"{HOME}?done=changed")

    return await _proven(request, person, act)


_ACTS: Mapping[str, tuple[str, Callable[..., Awaitable[None]]]] = {
    "disable": ("disabled", accounts.disable),
    "enable": ("enabled", accounts.enable),
    "end": ("ended", accounts.end_sessions),
    "clear": ("cleared", accounts.clear_codes),
}
"""Last part of the address → what is said afterwards, and the act."""


@post(f"{HOME}/{{person:str}}/{{what:str}}", act=_ACT, include_in_schema=False, status_code=200)
async def do(request: AnyRequest, person: FromPath[str], what: FromPath[str]) -> Response[Any]:
    """`disable`, `enable`, `end`, `clear`, or `link` for a one-time link."""

    async def act(seat: Seat, knock: Knock, _form: Form) -> Response[Any]:
        if what == "link":
            account = await _account(seat, person)
            kind = "invite" if account.state == "invited" else "reset"
            return _link(seat, account.staff.name, kind, await accounts.link(knock, seat.staff, person))
        done, doing = _ACTS[what]
        await doing(knock, seat.staff, person)
        return htmx.done(request, f"{HOME}?done={done}")

    if what != "link" and what not in _ACTS:
        raise NotFound(what=what)
    return await _proven(request, person, act)


async def _proven(
    request: AnyRequest, person: str | None, act: Callable[[Seat, Knock, Form], Awaitable[Response[Any]]]
) -> Response[Any]:
    """The act, once the password was given; what is wrong stands beside its field. Raises NotFound before asking anything."""
    seat, knock = await seated(request), door.knock(request)
    form = await forms.read(request, _FIELDS)
    account = await _account(seat, person) if person else None
    shown = form if account is None or "role" in form.raw else Form({**_filled(seat.clinic, account).raw, **form.raw})
    try:
        await own.prove(knock, seat.session, form.raw.get("current", ""))
        return await act(seat, knock, form)
    except Invalid as error:
        return _person(request, seat, shown.with_errors(sentences(error), _FIELDS), account, status=422)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return _person(request, seat, shown, account, status=status, trouble=trouble)


async def _account(seat: Seat, public_id: str) -> Account:
    """Raises NotFound, also for an owner's account when a manager asks."""
    found = await queries.account(public_id)
    if found is None or (found.staff.role is Role.OWNER and seat.staff.role is not Role.OWNER):
        raise NotFound(staff=public_id)
    return found


def _part(clinic: Clinic, form: Form) -> Part:
    """Raises Invalid (`role`, `practitioner`)."""
    role, slug = form.raw.get("role", ""), form.raw.get("practitioner", "")
    if role not in {one.value for one in Role}:
        raise Invalid({"role": "unknown"})
    if slug and slug not in clinic.practitioners:
        raise Invalid({"practitioner": "unknown"})
    diary = clinic.practitioners[slug].row if slug else None
    return Part(Role(role), diary, form.raw.get("all_diaries") == "1" and role == Role.PRACTITIONER)


def _filled(clinic: Clinic, account: Account) -> Form:
    diary = next((slug for slug, one in clinic.practitioners.items() if one.row == account.practitioner), "")
    return Form(
        {
            "role": account.staff.role.value,
            "practitioner": diary,
            "all_diaries": "1" if account.staff.all_diaries else "",
        }
    )


def _person(
    request: AnyRequest, seat: Seat, form: Form, account: Account | None, *, status: int = 200, trouble: str = ""
) -> Page:
    mine = [role for role in Role if role is not Role.OWNER or seat.staff.role is Role.OWNER]
    shown = PersonPage(
        seat.frame("more"), form, ask(request, seat),
        tuple((role.value, role_name(role), _may_do(role)) for role in mine),
        tuple((slug, seat.text(one.name).text) for slug, one in seat.clinic.practitioners.items()),
        door.language_names(seat.clinic.languages),
        _listed(seat, account) if account else None,
        account is not None and account.staff.id == seat.staff.id, trouble,
    )  # fmt: skip
    return Page("admin/staff/person.html" if account else "admin/staff/new.html", shown, block="body", status=status)


def _link(seat: Seat, name: str, kind: str, token: str) -> Page:
    shown = LinkPage(seat.frame("more"), name, kind, f"{seat.origin}/join/{token}")
    return Page("admin/staff/link.html", shown, block="body")


routes: Sequence[ControllerRouterHandler] = [look, codes_policy, see_new, invite, see, change, do]
