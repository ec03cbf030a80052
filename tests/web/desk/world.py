"""A clinic with somebody in every role and something of everybody's, and the staff's routes as the app has them.

Nothing is listed by hand: routes come from `app.routes`, and a kind of object that nobody here knows fails the tests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, a_wish, an_act
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import a_session, an_account
from turnet.booking import service as acts
from turnet.booking.model import Person
from turnet.booking.queries import visit_by_id
from turnet.clinic.model import Clinic
from turnet.conversation.queries import thread_of
from turnet.conversation.service.thread import to_desk
from turnet.db.piccolo_app import APP_CONFIG
from turnet.db.transactions import fetch
from turnet.feedback.service import asked
from turnet.ids import random_id, token_hash
from turnet.messaging.tables import Message
from turnet.staff.model import Role
from turnet.staff.permissions import TABLE
from turnet.staff.tables import CalendarFeed, ParkedForm
from turnet.web.desk.seat import cookie_name

STRANGER = "+358409998887"
STAFF = ("/desk", "/admin")
OBJECTS = ("visits", "patients", "parked", "sessions", "feeds", "staff", "rounds", "inbox", "failed", "feedback")
"""Kinds of what an address names, as the part of it that stands before the id."""
OTHER_PARTS = {"what": "link", "who": "sanna"}
"""Parameters that are a choice and nobody's object."""


class Route(NamedTuple):
    method: str
    path: str
    """With `{name}` for each parameter."""
    act: str | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What its parameters name: `("staff", "what")` for `/admin/staff/{person}/{what}`."""
        return tuple(before or name for before, name in re.findall(r"(?:/([a-z-]+))?/\{(\w+)\}", self.path))

    def filled(self, ids: dict[str, str]) -> str:
        found = iter((ids | OTHER_PARTS)[kind] for kind in self.kinds)
        return re.sub(r"\{\w+\}", lambda _: next(found), self.path)


def routes_of(app: Litestar) -> list[Route]:
    """Every route and method, HEAD and OPTIONS apart."""
    return sorted(
        Route(method, route.path_format, handler.opt.get("act"))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, handler in _handlers(route)
        if method not in {"OPTIONS", "HEAD"}
    )


def _handlers(route: HTTPRoute) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for handler in route.route_handlers:
        for method in handler.http_methods:
            yield str(method), handler


def desk_routes(app: Litestar) -> list[Route]:
    """Those that need somebody to be logged in."""
    return [route for route in routes_of(app) if route.act is not None]


@dataclass(frozen=True)
class World:
    app: Litestar
    clinic: Clinic
    desks: dict[Role, Client]
    accounts: dict[Role, int]
    own: dict[Role, dict[str, str]]
    """Kind → public id of something that this role may reach."""
    others: dict[Role, dict[str, str]]
    """Kind → public id of something of the kind that is another person's."""


async def a_world(app: Litestar) -> World:
    """The practitioner is Pekka and sees Omar; Sanna sees Anna."""
    clinic = await a_clinic()
    sannas, annas = await _visit(app, clinic, "sanna", ANNA)
    pekkas, omars = await _visit(app, clinic, "pekka", OMAR)
    pekka = clinic.practitioners["pekka"].row
    accounts = {role: await an_account(app, role, **_with_a_diary(role, pekka)) for role in Role}
    own = {role: await _belongings(app, user) for role, user in accounts.items()}
    others = {role: dict(own[Role.MANAGER if role is Role.OWNER else Role.OWNER]) for role in Role}
    asked_pekkas, asked_sannas = [await _a_question(app, visit) for visit in (pekkas, sannas)]
    talked = {"inbox": await _a_conversation(app), "failed": await _a_lost_answer(app)}
    for mine, theirs in zip(own.values(), others.values(), strict=True):
        mine |= {"visits": pekkas, "patients": omars, "staff": public_id_of(Role.RECEPTION), "rounds": "one_day"}
        theirs |= {"visits": sannas, "patients": annas, "staff": public_id_of(Role.OWNER), "rounds": "two_days"}
        mine |= talked | {"feedback": asked_pekkas}
        theirs |= talked | {"feedback": asked_sannas}
    desks = {role: await a_desk(app, user) for role, user in accounts.items()}
    return World(app, clinic, desks, accounts, own, others)


def _with_a_diary(role: Role, practitioner: int) -> dict[str, int]:
    return {"practitioner": practitioner} if role is Role.PRACTITIONER else {}


def public_id_of(role: Role) -> str:
    """Of the account, as `an_account` names it."""
    return f"{role:_<22}"[:22]


async def _visit(app: Litestar, clinic: Clinic, by: str, person: Person) -> tuple[str, str]:
    """Public ids of the visit and of the patient."""
    act = an_act(app.state.clock)
    made = await acts.book(act, clinic, a_wish(clinic, THURSDAY_0920, by=by), person, once=f"once-{by}")
    [(patient,)] = await fetch("SELECT public_id FROM patient WHERE id = {}", made.visit.patient)
    return made.visit.public_id, patient


async def _a_question(app: Litestar, visit: str) -> str:
    """How it went, answered with words; its public id."""
    [(id,)] = await fetch("SELECT id FROM booking WHERE public_id = {}", visit)
    now = app.state.clock.now()
    made = await asked(await visit_by_id(id), contact=STRANGER, channel="sms", key=app.state.key, now=now)
    await fetch("UPDATE feedback SET score = 3, comment = 'Words', scored_at = {} WHERE public_id = {}", now, made)
    return made


async def _a_conversation(app: Litestar) -> str:
    """With a telephone that nobody has; its public id."""
    await to_desk(STRANGER, "unclear", now=app.state.clock.now())
    return (await thread_of(STRANGER)).public_id


async def _a_lost_answer(app: Litestar) -> str:
    """Id of an SMS of the desk that did not arrive."""
    id, now = uuid4(), app.state.clock.now()
    await Message.insert(
        Message(
            id=id, dedupe="lost", kind="desk_answer", channel="sms", recipient=STRANGER, language="en", state="failed",
            facts='{"text": "Lost"}', due_at=now, not_after=now, created_at=now, finished_at=now,
        )
    )  # fmt: skip
    return str(id)


async def _belongings(app: Litestar, user: int) -> dict[str, str]:
    """What an account has that no other may touch."""
    now, parked, feed, session = app.state.clock.now(), random_id(), random_id(), random_id()
    fields = '{"name": "Somebody", "service": "check-up"}'
    await ParkedForm.insert(ParkedForm(public_id=parked, user=user, fields=fields, made_at=now))
    row = CalendarFeed(
        public_id=feed, user=user, token_hash=token_hash(f"feed-of-{user}"), scope="full", label="Phone", made_at=now
    )
    await CalendarFeed.insert(row)
    await a_session(app, user, session, agent="Another browser")
    return {"parked": parked, "feeds": feed, "sessions": session[:22]}


async def a_desk(app: Litestar, user: int, **session: Any) -> Client:
    """A login of the account; `session` are columns of it."""
    token = random_id() + "t" * 20
    await a_session(app, user, token, **session)
    client = Client(app)
    client.cookies.set(cookie_name(app.state.settings), token)
    return client


def a_body(ids: dict[str, str], who: str, route: Route | None = None) -> dict[str, str]:
    """Something plausible in every field that a form of the desk has, about these objects and this practitioner."""
    own = {"/mark": {"to": "confirmed"}, "/blocks": {"time": "14:00"}}
    more = next((fields for end, fields in own.items() if route and route.path.endswith(end)), {})
    return {
        "by": "clinic", "reason": "Ill", "tell": "1", "note": "Written", "desk_note": "Written", "from": "row",
        "phone": "+358401112223", "email": "new@mail.example", "who": who, "with": who, "whom": who, "minutes": "10",
        "name": "Nea Nowhere", "service": "check-up", "time": f"20261203T0800Z/keskusta/{who}", "fixed": "1",
        "to": "20261203T0800Z", "day": "2026-12-03", "until_day": "2026-12-03", "until_time": "15:00", "visit": ids["visits"],
        "visits": ids["visits"], "patient": ids["patients"], "other": ids["patients"], "guardian": ids["patients"],
        "channel": "email", "text": "Words", "once": "o" * 22, "answered": "1", "hand": "1", "hand_day": "2026-12-03",
        "hand_clock": "10:00", "hand_who": who, "over_time": f"20261203T0720Z/keskusta/{who}/room-1", "over_room": "room-1",
        "q": "Anna", "purpose": "reminders", "given": "1", "value": "anna@mail.example", "weeks": "2", "times": "3", "pick_0": "",
        "parked": ids["parked"], "show": "list", "start": "20261203T0800Z", "room": "room-1", "seen": "",
    } | more  # fmt: skip


def reaches(role: Role, act: str) -> bool:
    return bool(TABLE[act][role])


# --- the whole database


AFTER_A_LOOK = frozenset({"patient_seen"})
"""What looking may write: that somebody looked."""
COUNTED_APART = frozenset({"tally"})


async def everything(*, but: frozenset[str] = COUNTED_APART) -> dict[str, list[str]]:
    """Table → its rows, of the whole database; counts of attempts and looks are no change."""
    names = sorted({table._meta.tablename for table in APP_CONFIG.table_classes} - but)
    found = {name: sorted(map(repr, await fetch(f'SELECT * FROM "{name}"'))) for name in names}
    found["audit_entry"] = [row for row in found["audit_entry"] if not any(look in row for look in AFTER_A_LOOK)]
    return found


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """Table → rows that came, went or changed."""
    return {name: sorted(set(before[name]) ^ set(after[name])) for name in before if before[name] != after[name]}
