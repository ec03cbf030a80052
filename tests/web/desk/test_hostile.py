"""Names, notes and searches that would like to be more than text are text, on every page of the desk."""

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from litestar import Litestar

from tests.factories import at
from tests.web.desk.poison import POISON, poisoned
from tests.web.desk.world import Route, World, a_body, a_world, desk_routes
from turnet.booking import service as acts
from turnet.booking.model import Act
from turnet.scheduling.spans import Span
from turnet.staff.model import Role
from turnet.staff.queries import staff_by_id

SEARCHES = [
    POISON, "'; DROP TABLE patient; --", "%", "_", "*", "\\", "\x00", "\u202eanna", "a" * 5000, "ı̇ß\u0301" * 50, "١٢٣٤٥٦٧", "+" * 40,
    "${7*7}", "<%= 7*7 %>", "javascript:alert(1)", "\r\nSet-Cookie: a=b", "😀" * 30, "𝔸𝕟𝕟𝕒", "\ud83d".encode("utf-16", "surrogatepass").hex(),
]  # fmt: skip


LEADING = ("href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post", "hx-vals")


class Seen(HTMLParser):
    """What a browser would make of a page: elements that run something, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.running: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "img" and given.get("src") == "x":
            self.running.append(str(self.get_starttag_text()))
        if (
            tag == "script"
            and "src" not in given
            and given.get("type") not in ("application/json", "application/ld+json")
        ):
            self.running.append(str(self.get_starttag_text()))
        for name, value in given.items():
            leads = name in LEADING and value.strip().lower().startswith(("javascript:", "js:", "data:text"))
            if name.startswith(("on", "hx-on")) or leads:
                self.running.append(str(self.get_starttag_text()))
        self.text += "".join(f" {value}" for value in given.values())

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def world(app: Litestar, loop: asyncio.Runner) -> Iterator[World]:
    world = loop.run(_a_poisoned_world(app))
    yield world
    for desk in world.desks.values():
        loop.run(desk.aclose())


async def _a_poisoned_world(app: Litestar) -> World:
    """With a block, an overbooking with its reason, and something in both histories."""
    world = await a_world(app)
    who = await staff_by_id(world.accounts[Role.OWNER])
    assert who is not None
    clock, clinic = app.state.clock, world.clinic
    act = Act(
        now=clock.now(), real=clock.real(), key=app.state.key, actor=who.actor, staff=who, limited=False, door="phone"
    )
    span = Span(at("2026-12-01T09:00+02:00"), at("2026-12-01T15:00+02:00"))
    await acts.block(act, clinic, clinic.practitioners["sanna"].id, span, "Ill")
    await poisoned()
    return world


def html(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def checked(route: Route, answer: httpx.Response) -> list[str]:
    """What is wrong with it, in words."""
    wrong = [f"{route.method} {route.path}: {answer.status_code}"] if answer.status_code >= 500 else []
    if html(answer):
        seen = Seen(answer.text)
        wrong += [f"{route.method} {route.path}: {element}" for element in seen.running]
        wrong += [f"{route.method} {route.path}: a template ran"] if "onerror=alert(7)>49" in seen.text else []
    return wrong


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "fragment"])
async def test_what_people_wrote_is_text_on_every_page(world: World, partial: bool) -> None:
    desk, ids, wrong, shown = world.desks[Role.OWNER], world.own[Role.OWNER], [], []

    for route in desk_routes(world.app):
        if route.method == "GET":
            for query in ({}, {"day": "2026-12-03"}, {"q": "img"}):
                answer = await desk.get(route.filled(ids), params=query, partial=partial)
                wrong += checked(route, answer)
                if html(answer) and POISON in Seen(answer.text).text:
                    shown.append(route.path)

    assert wrong == []
    assert {"/desk/visits/{public_id}", "/desk/visits/{public_id}/history", "/admin/staff"} <= set(shown)
    assert len(set(shown)) > 10


ASKED = (
    "q", "who", "with", "at", "day", "time", "as", "from", "start", "service", "room", "patient", "visit", "back", "did", "parked",
    "to", "below", "since", "done",
)  # fmt: skip


async def test_what_is_searched_for_or_asked_for_is_text(world: World) -> None:
    desk, ids, wrong = world.desks[Role.OWNER], world.own[Role.OWNER], []

    for route in desk_routes(world.app):
        if route.method == "GET":
            for name in ASKED:
                wrong += checked(route, await desk.get(route.filled(ids), params={name: POISON}))

    assert wrong == []


async def test_no_search_breaks_anything(world: World) -> None:
    desk, ids, wrong = world.desks[Role.OWNER], world.own[Role.OWNER], []

    for route in desk_routes(world.app):
        if route.method == "GET" and route.path.startswith(("/desk/patients", "/desk/call", "/desk/new", "/desk/why")):
            for searched in SEARCHES:
                for name in ("q", "from", "patient"):
                    wrong += checked(route, await desk.get(route.filled(ids), params={name: searched}))

    assert wrong == []


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "fragment"])
async def test_what_a_form_holds_comes_back_as_text(world: World, partial: bool) -> None:
    desk, ids, wrong = world.desks[Role.OWNER], world.own[Role.OWNER], []

    for route in sorted(desk_routes(world.app), key=lambda route: route.path.startswith("/desk/me")):
        if route.method == "POST":
            known = a_body(ids, "pekka", route)
            for body in (
                dict.fromkeys(known, POISON),
                known | {"name": POISON, "reason": POISON, "email": POISON, "phone": POISON},
            ):
                wrong += checked(route, await desk.post(route.filled(ids), data=body, partial=partial))

    assert wrong == []


async def test_ids_that_are_none_are_not_found(world: World) -> None:
    desk, found = world.desks[Role.OWNER], {}

    for route in desk_routes(world.app):
        if route.kinds:
            for id in (
                "nobody",
                "1",
                "0",
                "-1",
                "%00",
                "%E2%80%AE",
                "..%2f..",
                "A" * 22,
                "a" * 900,
                "%3Cimg%20src%3Dx%3E",
            ):
                answer = await desk.request(route.method, route.filled(dict.fromkeys(world.own[Role.OWNER], id)))
                assert checked(route, answer) == []
                found[route.method, route.path, id[:9]] = answer.status_code

    assert {asked: status for asked, status in found.items() if status not in (400, 404, 405)} == {}


ELSEWHERE = (
    "https://evil.example/", "//evil.example", "/desk//evil.example", "/desk\\evil", "/desk?x=\r\nSet-Cookie: a=b", "/%2f/evil",
    "/deskevil", "javascript:alert(1)", "http:/desk",
)  # fmt: skip


async def test_no_form_leads_anywhere_but_to_the_desk(world: World) -> None:
    desk, ids, led = world.desks[Role.OWNER], world.own[Role.OWNER], set()

    for back in ELSEWHERE:
        for route in desk_routes(world.app):
            body = a_body(ids, "pekka", route) | {"back": back, "next": back, "url": back}
            sent = {"params": body} if route.method == "GET" else {"data": body}
            answer = await desk.request(route.method, route.filled(ids), **sent)
            led |= {answer.headers.get("location", ""), answer.headers.get("hx-redirect", "")} - {""}

    paths = {place.partition("?")[0] for place in led}
    assert "/desk" in paths
    assert [
        path for path in paths if not path.startswith(("/desk", "/admin", "/login")) or "//" in path or "evil" in path
    ] == []
    assert [place for place in led if not place.isprintable()] == []


def test_control_a_running_element_is_seen() -> None:
    assert Seen(f"<p title='{POISON}'>").running != []
    assert Seen('<a href="javascript:alert(1)">').running != []
    assert Seen("<p onclick=x>").running != []
    assert Seen("<script>alert(1)</script>").running != []
    assert Seen('<script src="/a.js"></script><p title="&lt;img src=x&gt;">').running == []
