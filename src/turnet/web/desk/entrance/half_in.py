"""Between the password and the desk: a code, setting up codes, a PIN. Each for a session of that stage and no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, NotSignedIn, TooMany
from turnet.i18n import _, speaking
from turnet.staff.model import Knock, Session
from turnet.staff.service import codes, front_desk
from turnet.staff.service.codes import Seed
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import carried, door
from turnet.web.desk.entrance.carried import Carried
from turnet.web.desk.entrance.door import DoorPage
from turnet.web.desk.entrance.login import inside
from turnet.web.desk.seat import found_session, stage_of
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public.here import any_clinic


@dataclass(frozen=True, slots=True)
class SeedPage:
    frame: Frame
    next: str
    secret: str = field(repr=False)
    sealed: str = field(repr=False)
    picture: str = field(repr=False)
    """A `data:` address of the code to scan."""
    form: Form = field(default_factory=Form)
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    frame: Frame
    codes: tuple[str, ...] = field(repr=False)
    next: str


# --- a code after the password, a PIN at the front desk


@get("/login/code", include_in_schema=False)
async def ask_code(request: AnyRequest) -> Response[Any]:
    return await _asked(request, "code")


@post("/login/code", include_in_schema=False, status_code=200)
async def take_code(request: AnyRequest) -> Response[Any]:
    return await _taken(request, "code")


@get("/login/locked", include_in_schema=False)
async def ask_pin(request: AnyRequest) -> Response[Any]:
    return await _asked(request, "locked")


@post("/login/locked", include_in_schema=False, status_code=200)
async def take_pin(request: AnyRequest) -> Response[Any]:
    return await _taken(request, "locked")


async def _asked(request: AnyRequest, stage: str) -> Response[Any]:
    session, then = await found_session(request), door.asked_next(request)
    if session is None or stage_of(session) != stage:
        return htmx.done(request, door.way_to(stage_of(session), then))
    await any_clinic(request)
    return _page(request, session, stage, Form(), then, None)


async def _taken(request: AnyRequest, stage: str) -> Response[Any]:
    session = await found_session(request)
    sent = await forms.pairs(request)
    form, kept = forms.of(sent, ("code", "pin", "next")), carried.again(sent)
    then = door.next_of(form.raw.get("next"))
    if session is None or stage_of(session) != stage:
        return htmx.done(request, door.way_to(stage_of(session), then))
    await any_clinic(request)
    with speaking(session.staff.language):
        try:
            return await _let_in(request, session, stage, form, then, kept)
        except NotSignedIn:
            return _page(
                request,
                None,
                "login",
                form,
                then,
                kept,
                status=401,
                trouble=_("That was wrong too often. Log in again."),
            )
        except Invalid as error:
            return _page(request, session, stage, form.with_errors(sentences(error)), then, kept, status=422)
        except TooMany:
            said = _("Too many tries. Wait a quarter of an hour.")
            return _page(request, session, stage, form, then, kept, status=429, trouble=said)


async def _let_in(
    request: AnyRequest, session: Session, stage: str, form: Form, then: str, kept: Carried | None
) -> Response[Any]:
    knock = door.knock(request)
    if stage == "code":
        return inside(request, await codes.enter(knock, session, form.raw.get("code", "")), then, kept)
    await front_desk.unlock(knock, session, form.raw.get("pin", ""))
    return inside(request, None, then, kept)


def _page(
    request: AnyRequest, session: Session | None, stage: str, form: Form, then: str, kept: Carried | None, *,
    status: int = 200, trouble: str = "",
) -> Page:  # fmt: skip
    language = door.language_of(request, session)
    with speaking(language):
        name = session.staff.name if session else ""
        shown = DoorPage(door.frame(request, language), form, then, kept, name, trouble)
        return door.page(stage, shown, status=status)


# --- setting up codes where they are required


@get("/login/totp", include_in_schema=False)
async def show_seed(request: AnyRequest) -> Response[Any]:
    session, then = await found_session(request), door.asked_next(request)
    if session is None or stage_of(session) != "totp":
        return htmx.done(request, door.way_to(stage_of(session), then))
    seed = codes.new_seed(door.knock(request), session.staff, await clinic_name(request))
    return _seed_page(request, session, seed, Form(), then)


@post("/login/totp", include_in_schema=False, status_code=200)
async def confirm_seed(request: AnyRequest) -> Response[Any]:
    session = await found_session(request)
    form = await forms.read(request, ("code", "seed", "next"))
    then = door.next_of(form.raw.get("next"))
    if session is None or stage_of(session) != "totp":
        return htmx.done(request, door.way_to(stage_of(session), then))
    knock, clinic, sealed = door.knock(request), await clinic_name(request), form.raw.get("seed", "")
    with speaking(session.staff.language):
        try:
            made, entered = await codes.turn_on(knock, session, sealed, form.raw.get("code", ""))
        except Invalid as error:
            seed = reshown(knock, session, clinic, sealed)
            return _seed_page(request, session, seed, form.with_errors(sentences(error)), then, status=422)
        shown = RecoveryPage(door.frame(request, session.staff.language), tuple(made), then)
        response = door.page("recovery", shown)
    door.give(request, response, entered)
    return response


def reshown(knock: Knock, session: Session, clinic: str, sealed: str) -> Seed:
    """The picture that was confirmed with a wrong code, or a new one when it is too old."""
    try:
        return codes.same_seed(knock, session.staff, clinic, sealed)
    except Invalid:
        return codes.new_seed(knock, session.staff, clinic)


def picture(seed: Seed) -> str:
    """The code to scan, as a `data:` address: black on white whatever the page's colours."""
    import segno  # noqa: PLC0415  (for one picture in a person's life)

    return segno.make(seed.address, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff")


def grouped(secret: str) -> str:
    """For typing instead of scanning."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


async def clinic_name(request: AnyRequest) -> str:
    clinic = await any_clinic(request)
    return clinic.text(clinic.name, clinic.default_language).text


def _seed_page(request: AnyRequest, session: Session, seed: Seed, form: Form, then: str, *, status: int = 200) -> Page:
    language = session.staff.language
    with speaking(language):
        shown = SeedPage(door.frame(request, language), then, grouped(seed.secret), seed.sealed, picture(seed), form)
        return door.page("totp", shown, status=status)


routes: Sequence[ControllerRouterHandler] = [ask_code, take_code, ask_pin, take_pin, show_seed, confirm_seed]
