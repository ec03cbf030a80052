"""Who gets where: every route of the desk × every role × whose object it is, generated from the app's routes."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar, get

from tests.web.conftest import Client
from tests.web.desk.world import (
    OBJECTS,
    OTHER_PARTS,
    STAFF,
    Route,
    World,
    a_body,
    a_desk,
    a_world,
    changed,
    desk_routes,
    everything,
    reaches,
    routes_of,
)
from turnet.db.transactions import fetch
from turnet.staff.model import Role
from turnet.staff.permissions import TABLE
from turnet.staff.queries import IDLE
from turnet.staff.tables import StaffUser
from turnet.web.desk.seat import checked, cookie_name

SHELL = {"/desk/manifest.webmanifest", "/desk/sw.js", "/desk/offline", "/desk/icons/{name}"}
"""What a browser fetches of an installed desk without a session: nothing of it is anybody's."""
A_NEW_CARD = ("patient", "contact_point", "patient_contact", "patient_key", "audit_entry")
"""Tables to which writing down somebody new adds."""
OF_WAITING = ("/come-in", "/not-here")
"""Acts on somebody who has arrived."""
PERSONAL = ("parked", "sessions", "feeds")
"""Kinds that belong to one account, whatever its role."""


@pytest.fixture
def world(app: Litestar, loop: asyncio.Runner) -> Iterator[World]:
    world = loop.run(a_world(app))
    yield world
    for desk in world.desks.values():
        loop.run(desk.aclose())


def spelled(route: Route) -> str:
    return f"{route.method} {route.path}"


async def ask(desk: Client, route: Route, ids: dict[str, str], **more: Any) -> int:
    return (await desk.request(route.method, route.filled(ids), **more)).status_code


# --- the routes themselves


def test_every_page_of_the_staff_names_an_act(app: Litestar) -> None:
    without = {route.path for route in routes_of(app) if route.path.startswith(STAFF) and route.act not in TABLE}

    assert without <= SHELL


def test_nothing_that_names_an_act_lies_anywhere_else(app: Litestar) -> None:
    assert [spelled(route) for route in desk_routes(app) if not route.path.startswith(STAFF)] == []


def test_every_object_in_an_address_is_of_a_kind_that_is_tested(app: Litestar) -> None:
    kinds = {kind for route in desk_routes(app) for kind in route.kinds}

    assert kinds <= {*OBJECTS, *OTHER_PARTS}


def test_only_get_and_post_are_known(app: Litestar) -> None:
    assert {route.method for route in desk_routes(app)} == {"GET", "POST"}


@pytest.mark.parametrize("named", [{}, {"act": "no.such.act"}])
def test_a_route_without_an_act_of_the_table_does_not_start(named: dict[str, str]) -> None:
    @get("/desk/forgotten", include_in_schema=False, **named)
    async def forgotten() -> None: ...

    with pytest.raises(LookupError):
        checked([forgotten])


# --- role × route


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_not_do_is_not_there(world: World, role: Role) -> None:
    closed = [route for route in desk_routes(world.app) if route.act and not reaches(role, route.act)]
    before, ids = await everything(), world.own[role]
    found = {}

    for route in closed:
        for body in ({}, a_body(ids, "pekka", route)) if route.method == "POST" else ({},):
            found[spelled(route)] = await ask(world.desks[role], route, ids, data=body)

    assert {route: status for route, status in found.items() if status != 404} == {}
    assert changed(before, await everything()) == {}


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_see_is_there(world: World, role: Role) -> None:
    open_to = [r for r in desk_routes(world.app) if r.method == "GET" and r.act and reaches(role, r.act)]

    found = {}
    for route in open_to:
        answer = await world.desks[role].get(route.filled(world.own[role]))
        found[spelled(route)] = (answer.status_code, answer.headers.get("location", "").startswith(STAFF))

    # A page may lead on to another page of the desk, never to the door.
    assert {route: answer for route, answer in found.items() if answer not in [(200, False), (303, True)]} == {}


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_do_is_answered(world: World, role: Role) -> None:
    open_to = [r for r in desk_routes(world.app) if r.method == "POST" and r.act and reaches(role, r.act)]
    found = {}

    for route in _gentle_first(open_to):
        for body in ({}, a_body(world.own[role], "pekka", route)):
            found[spelled(route), len(body)] = await ask(world.desks[role], route, world.own[role], data=body)

    assert {route: status for route, status in found.items() if status in (401, 403, 405) or status >= 500} == {}


def _gentle_first(routes: list[Route]) -> list[Route]:
    """What ends the session that asks comes last."""
    return sorted(routes, key=lambda route: route.path.startswith("/desk/me"))


# --- whose


@pytest.mark.parametrize("filled", [False, True], ids=["empty form", "full form"])
async def test_visits_patients_and_words_of_another_practitioner_are_not_there(world: World, filled: bool) -> None:
    theirs = [route for route in desk_routes(world.app) if {"visits", "patients", "feedback"} & {*route.kinds}]
    desk, ids, before = world.desks[Role.PRACTITIONER], world.others[Role.PRACTITIONER], await everything()
    found = {}

    for route in theirs:
        found[spelled(route)] = await ask(desk, route, ids, data=a_body(ids, "pekka", route) if filled else {})

    assert len(theirs) > 10
    assert {route: status for route, status in found.items() if status != 404} == {}
    assert changed(before, await everything()) == {}


async def test_control_the_same_forms_change_what_is_ones_own(world: World) -> None:
    """Otherwise the tests around this one would see nothing in forms that do nothing."""
    role = Role.PRACTITIONER
    idle = []

    for route in sorted(desk_routes(world.app), key=lambda route: route.path.endswith("/cancel")):
        if route.method == "POST" and "visits" in route.kinds:
            if route.path.endswith(OF_WAITING):
                await fetch("UPDATE booking SET state = 'arrived', state_at = created_at")
            before = await everything()
            await ask(world.desks[role], route, world.own[role], data=a_body(world.own[role], "pekka", route))
            if not changed(before, await everything()):
                idle.append(spelled(route))
            if route.path.endswith(OF_WAITING):
                await fetch("UPDATE booking SET state = 'booked'")

    assert idle == []


async def test_forms_about_another_practitioner_change_nothing(world: World) -> None:
    """The address is their own; who or what is meant stands in the form."""
    posted = [
        r for r in desk_routes(world.app) if r.method == "POST" and not {"visits", "patients", "sessions"} & {*r.kinds}
    ]
    desk, role = world.desks[Role.PRACTITIONER], Role.PRACTITIONER
    before = await everything()

    found = {
        spelled(route): await ask(desk, route, world.own[role], data=a_body(world.others[role], "sanna", route))
        for route in posted
        if not route.path.startswith("/desk/me")
    }

    assert {route: status for route, status in found.items() if status in (401, 403, 405) or status >= 500} == {}
    after = await everything()
    assert {name for name in before if set(before[name]) - set(after[name])} <= {"parked_form", "staff_user"}
    assert {name for name in before if set(after[name]) - set(before[name])} <= {
        "parked_form",
        "staff_user",
        *A_NEW_CARD,
    }


async def test_forms_on_ones_own_that_name_somebody_elses_change_nothing_of_theirs(world: World) -> None:
    """A visit or patient of one's own in the address, another's person, visit, patient and diary in the form."""
    role = Role.PRACTITIONER
    before, found = await of_sanna(world), {}

    for route in desk_routes(world.app):
        if route.method == "POST" and {"visits", "patients"} & {*route.kinds}:
            body = a_body(world.others[role], "sanna", route)
            found[spelled(route)] = await ask(world.desks[role], route, world.own[role], data=body)

    assert {route: status for route, status in found.items() if status in (401, 403, 405) or status >= 500} == {}
    assert await of_sanna(world) == before


ANNAS = ("Virtanen", "anna@mail.example", "401234567", "040 123 4567")
"""What stands on the card of somebody who never came to the practitioner that asks."""


async def test_nothing_that_is_asked_shows_a_patient_of_another_practitioner(world: World) -> None:
    desk, own, others = world.desks[Role.PRACTITIONER], world.own[Role.PRACTITIONER], world.others[Role.PRACTITIONER]
    thursday = {"day": "2026-12-03"}
    asked: list[dict[str, str]] = [
        {}, thursday, {"q": "virt"}, {"q": "anna@"}, {"q": "4567"}, {"who": "sanna", **thursday}, {"with": "sanna", **thursday},
        {"at": "keskusta", **thursday}, {"from": "+358401234567"}, {"patient": others["patients"]}, {"visit": others["visits"]},
        {"did": others["visits"]}, {"start": "20261203T0720Z", "who": "sanna", "service": "check-up"},
        {"other": others["patients"]}, *({"as": way, **thursday} for way in ("list", "people", "rooms", "week", "month")),
    ]  # fmt: skip
    shown = []

    for route in desk_routes(world.app):
        for fields in (
            asked if route.method == "GET" else [a_body(others, "sanna", route), a_body(others, "pekka", route)]
        ):
            sent = {"params": fields} if route.method == "GET" else {"data": fields}
            for partial in (False, True):
                text = (await desk.request(route.method, route.filled(own), partial=partial, **sent)).text
                shown += [
                    (spelled(route), fields, word) for word in ANNAS if word in text and word not in fields.values()
                ]

    assert shown == []


async def test_control_reception_is_shown_them(world: World) -> None:
    desk = world.desks[Role.RECEPTION]

    texts = [(await desk.get(url)).text for url in ("/desk?day=2026-12-03&as=list", "/desk/patients?q=virt")]

    assert [ANNAS[0] in text for text in texts] == [True, True]


async def of_sanna(world: World) -> list[object]:
    """All that is in Sanna's diary and on Anna's card."""
    sanna, annas = world.clinic.practitioners["sanna"], world.others[Role.PRACTITIONER]["patients"]
    asked = (
        ("SELECT * FROM booking WHERE practitioner = {} ORDER BY id", sanna.row),
        ("SELECT * FROM occupancy WHERE resource = {} ORDER BY id", sanna.id),
        ("SELECT * FROM closure WHERE resource = {} ORDER BY id", sanna.id),
        ("SELECT * FROM lateness WHERE resource = {} ORDER BY id", sanna.id),
        ("SELECT * FROM patient WHERE public_id = {}", annas),
        (
            "SELECT c.* FROM patient_contact c JOIN patient p ON p.id = c.patient WHERE p.public_id = {} ORDER BY c.id",
            annas,
        ),
        ("SELECT c.* FROM consent c JOIN patient p ON p.id = c.patient WHERE p.public_id = {} ORDER BY c.id", annas),
        ("SELECT p.id FROM patient p JOIN patient g ON g.id = p.guardian WHERE g.public_id = {} ORDER BY p.id", annas),
    )
    return [await fetch(sql, value) for sql, value in asked]


@pytest.mark.parametrize("path", sorted(SHELL))
async def test_what_is_fetched_without_a_session_is_nobodys(world: World, path: str) -> None:
    answers = [await client.get(path.format(name="192.png")) for client in (Client(world.app), world.desks[Role.OWNER])]

    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].content == answers[1].content
    assert not any(secret.encode() in answers[1].content for secret in ("Anna", "Omar", "Owner", "tuomi.example"))


@pytest.mark.parametrize("role", Role)
async def test_what_is_one_persons_is_nobody_elses(world: World, role: Role) -> None:
    personal = [route for route in desk_routes(world.app) if {*PERSONAL} & {*route.kinds}]
    before, ids = await everything(), world.others[role]

    found = {spelled(route): await ask(world.desks[role], route, ids) for route in personal}

    assert found != {}
    assert {route: status for route, status in found.items() if status != 404} == {}
    assert changed(before, await everything()) == {}


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY])
async def test_no_form_makes_anybody_more_than_they_are(world: World, role: Role) -> None:
    more = {
        "role": "owner", "id": "1", "public_id": world.own[role]["staff"], "practitioner": "sanna", "all_diaries": "1",
        "password_hash": "x", "totp_secret": "", "disabled_at": "", "is_admin": "1", "user": "1", "staff": "1", "actor": "system",
    }  # fmt: skip
    columns = (StaffUser.id, StaffUser.role, StaffUser.practitioner, StaffUser.all_diaries, StaffUser.password_hash)
    before = await StaffUser.select(*columns).order_by(StaffUser.id)

    for route in _gentle_first([route for route in desk_routes(world.app) if route.method == "POST"]):
        await ask(world.desks[role], route, world.own[role], data=a_body(world.own[role], "pekka", route) | more)

    assert await StaffUser.select(*columns).order_by(StaffUser.id) == before


# --- without a session that counts


Door = Callable[[World], Any]


async def _nobody(world: World) -> Client:
    return Client(world.app)


async def _expired(world: World) -> Client:
    return await a_desk(
        world.app, world.accounts[Role.OWNER], ends_at=world.app.state.clock.real() - timedelta(seconds=1)
    )


async def _idle(world: World) -> Client:
    return await a_desk(world.app, world.accounts[Role.OWNER], seen_at=world.app.state.clock.real() - IDLE)


async def _disabled(world: World) -> Client:
    owner = world.accounts[Role.OWNER]
    await StaffUser.update({StaffUser.disabled_at: world.app.state.clock.real()}).where(StaffUser.id == owner)
    return await a_desk(world.app, owner)


async def _locked(world: World) -> Client:
    return await a_desk(world.app, world.accounts[Role.OWNER], locked=True, front_desk=True)


async def _without_code(world: World) -> Client:
    return await a_desk(world.app, world.accounts[Role.OWNER], stage="code")


async def _without_codes(world: World) -> Client:
    return await a_desk(world.app, world.accounts[Role.OWNER], stage="totp")


async def _made_up(world: World) -> Client:
    client = Client(world.app, address="127.0.0.1")
    client.cookies.set(cookie_name(world.app.state.settings), "owner")
    client.headers.update(
        {
            "X-Forwarded-User": "owner",
            "Remote-User": "owner",
            "Authorization": "Bearer owner",
            "X-Staff": "1",
        }
    )
    return client


DOORS = {
    "nobody": (_nobody, "/login"),
    "an expired session": (_expired, "/login"),
    "a session left idle": (_idle, "/login"),
    "a disabled account": (_disabled, "/login"),
    "a locked desk": (_locked, "/login/locked"),
    "a login without its code": (_without_code, "/login/code"),
    "a login that has to set codes up": (_without_codes, "/login/totp"),
    "somebody who says that they are the owner": (_made_up, "/login"),
}


@pytest.mark.parametrize("who", DOORS)
async def test_whoever_is_not_logged_in_is_shown_the_door(world: World, who: str) -> None:
    make, way = DOORS[who]
    desk, ids = await make(world), world.own[Role.OWNER]
    before, found = await everything(), {}

    for route in desk_routes(world.app):
        answer = await desk.request(route.method, route.filled(ids), data=a_body(ids, "pekka", route))
        found[spelled(route)] = (answer.status_code, answer.headers.get("location", "").partition("?")[0])

    shown = [(401, ""), (303, way)]
    assert {route: answer for route, answer in found.items() if answer not in shown} == {}
    assert {answer for route, answer in found.items() if route.startswith("GET")} == {(303, way)}
    assert changed(before, await everything()) == {}
    await desk.aclose()


# --- looking changes nothing


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing(world: World, method: str) -> None:
    looks, ids = [route for route in desk_routes(world.app) if route.method == "GET"], world.own[Role.OWNER]
    before = await everything()

    for route in looks:
        for query in ({}, a_body(ids, "pekka", route), {"did": ids["visits"]}):
            await world.desks[Role.OWNER].request(method, route.filled(ids), params=query)
            await world.desks[Role.OWNER].request(method, route.filled(ids), params=query, partial=True)

    assert changed(before, await everything()) == {}


async def test_an_act_replayed_as_a_look_is_none(world: World) -> None:
    routes, ids = desk_routes(world.app), world.own[Role.OWNER]
    pages = {route.path for route in routes if route.method == "GET"}
    before, found = await everything(), {}

    for route in (route for route in routes if route.method == "POST"):
        url, fields = route.filled(ids), a_body(ids, "pekka", route)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            answer = await world.desks[Role.OWNER].request(method, url, params={**fields, "_method": "POST"})
            if route.path not in pages and not _shadowed(route, pages):
                found[method, route.path] = answer.status_code
        headers = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}
        await world.desks[Role.OWNER].request("GET", url, params=fields, headers=headers)

    assert {route: status for route, status in found.items() if status != 405} == {}
    assert changed(before, await everything()) == {}


def _shadowed(route: Route, pages: set[str]) -> bool:
    """Read as a look, its last part is somebody's id: `/desk/patients/new` is the card of nobody called `new`."""
    parent = route.path.rpartition("/")[0]
    return any(page.rpartition("/")[0] == parent and page.endswith("}") for page in pages)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    ],
    ids=["another site", "a neighbour", "another site with our name"],
)
async def test_an_act_sent_from_elsewhere_is_refused(world: World, headers: dict[str, str]) -> None:
    posted, ids = [route for route in desk_routes(world.app) if route.method == "POST"], world.own[Role.OWNER]
    before = await everything()

    found = {
        spelled(route): await ask(
            world.desks[Role.OWNER], route, ids, data=a_body(ids, "pekka", route), headers=headers
        )
        for route in posted
    }

    assert {*found.values()} == {403}
    assert changed(before, await everything()) == {}
