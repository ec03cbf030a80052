"""Who checked themselves in as the desk sees it, calling them in, the poster, and what is said around a visit."""

import re
from html import unescape

import pytest

from tests.db.booking.acts import ANNA, an_act
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, form_of
from turnet.booking import queries, service
from turnet.booking.model import Person, Visit
from turnet.booking.states import State
from turnet.checkin.service import check_in
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch

TODAY_1100 = "2026-12-01T11:00+02:00"


async def here(clinic: Clinic, clock: FrozenClock, who: Person = ANNA, *, by: str = "sms", **more: str) -> Visit:
    """Somebody of 11:00 who checked in by themselves at 10:42, having confirmed before."""
    visit = await a_visit(clinic, clock, TODAY_1100, who=who, service="acute", **more)  # type: ignore[arg-type]
    await service.confirm(an_act(clock, actor="patient:sms"), clinic, visit.id)
    [found] = await check_in(an_act(clock, actor="patient:sms"), clinic, [visit.id], by=by)  # type: ignore[arg-type]
    return found.visit


def row_of(page: str, visit: Visit) -> str:
    found = re.search(rf'<li class="[^"]*" id="v-{re.escape(visit.public_id)}".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


async def post(desk: Client, visit: Visit, act: str, where: str, *, partial: bool):  # type: ignore[no-untyped-def]
    """As the form of the row or the sheet sends it."""
    url = "/desk?as=list" if where == "row" else f"/desk/visits/{visit.public_id}"
    action = f"/desk/visits/{visit.public_id}/{act}"
    return await desk.post(action, data=form_of(await desk.get(url), action), partial=partial)


@pytest.mark.parametrize(
    ("by", "word"),
    [("sms", "by SMS"), ("link", "by link"), ("door", "at the door"), ("tablet", "on the tablet")],
)
async def test_the_desk_sees_how_they_checked_in(clock: FrozenClock, signs_in: Signs, by: str, word: str) -> None:
    visit = await here(await a_clinic(), clock, by=by)
    desk = await signs_in()

    for url in ("/desk?as=list", "/desk?as=people", f"/desk/visits/{visit.public_id}"):
        assert (url, f"Here, {word} 10:42" in (await desk.get(url)).text) == (url, True)


@pytest.mark.parametrize("where", ["row", "sheet"])
async def test_one_tap_takes_it_back_to_what_it_was(
    clock: FrozenClock, signs_in: Signs, partial: bool, where: str
) -> None:
    visit = await here(await a_clinic(), clock)
    desk = await signs_in()

    answer = await post(desk, visit, "not-here", where, partial=partial)

    assert answer.status_code == (200 if partial else 303)
    [(state, by)] = await fetch("SELECT state, checked_in_by FROM booking")
    assert (state, by) == ("confirmed", "")
    shown = answer if partial else await desk.get(answer.headers["location"])
    assert ("Confirmed" in shown.text, "Anna Virtanen is not here after all." in shown.text) == (True, True)
    undo = await desk.post(f"/desk/visits/{visit.public_id}/undo", data={"version": 4, "back": "/desk"})
    assert (undo.status_code, (await fetch("SELECT state, checked_in_by FROM booking"))[0]) == (303, ("arrived", "sms"))


async def test_a_visit_that_the_desk_marked_has_no_button_for_it_in_its_row(
    clock: FrozenClock, signs_in: Signs
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock, TODAY_1100, service="acute")
    desk = await signs_in()
    await desk.post(f"/desk/visits/{visit.public_id}/mark", data={"to": "arrived", "version": 1, "back": "/desk"})

    assert "/not-here" not in row_of((await desk.get("/desk?as=list")).text, visit)
    assert "Not here after all" in (await desk.get(f"/desk/visits/{visit.public_id}")).text


async def test_a_stale_tap_takes_nothing_back(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await here(clinic, clock)
    desk = await signs_in()
    form = {"version": 1, "back": "/desk", "from": "row"}

    answer = await desk.post(f"/desk/visits/{visit.public_id}/not-here", data=form, partial=partial)

    assert (answer.status_code, (await queries.visit_by_id(visit.id)).state) == (409, State.ARRIVED)


# --- come in now


async def calls() -> list[tuple[str, str, str]]:
    return await fetch("SELECT channel, recipient, state FROM message WHERE kind = 'come_in' ORDER BY created_at")


@pytest.mark.parametrize("where", ["row", "sheet"])
async def test_whoever_waits_is_called_in_once(clock: FrozenClock, signs_in: Signs, partial: bool, where: str) -> None:
    visit = await here(await a_clinic(), clock)
    desk = await signs_in()

    answer = await post(desk, visit, "come-in", where, partial=partial)
    assert answer.status_code == (200 if partial else 303)
    await post(desk, visit, "come-in", where, partial=partial)
    assert await calls() == [("sms", ANNA.phone, "queued")]

    if partial:
        assert "Anna Virtanen is asked to come in." in answer.text
    assert "called in" in row_of((await desk.get("/desk?as=list")).text, visit)
    assert "Called in at 10:42." in (await desk.get(f"/desk/visits/{visit.public_id}")).text
    assert (await queries.visit_by_id(visit.id)).state is State.ARRIVED

    clock.advance(minutes=5)
    await post(desk, visit, "come-in", where, partial=partial)
    assert len(await calls()) == 2


async def test_without_a_number_they_are_called_by_mail(clock: FrozenClock, signs_in: Signs) -> None:
    visit = await here(await a_clinic(), clock, Person("Omar Said", email="omar@mail.example"))

    await post(await signs_in(), visit, "come-in", "sheet", partial=False)

    assert await calls() == [("email", "omar@mail.example", "queued")]


@pytest.mark.parametrize("state", ["booked", "in_room", "done", "cancelled"])
async def test_nobody_is_called_who_does_not_wait(
    clock: FrozenClock, signs_in: Signs, partial: bool, state: str
) -> None:
    visit = await here(await a_clinic(), clock)
    await fetch("UPDATE booking SET state = {}", state)
    desk = await signs_in()

    answer = await desk.post(f"/desk/visits/{visit.public_id}/come-in", data={"from": "sheet"}, partial=partial)

    assert (answer.status_code, await calls()) == (409, [])
    assert "/come-in" not in row_of((await desk.get("/desk?as=list")).text, visit) if state == "in_room" else True


async def test_only_whoever_may_do_it_is_offered_it(clock: FrozenClock, signs_in: Signs) -> None:
    visit = await here(await a_clinic(), clock)
    reader = await signs_in("read_only")

    for url in ("/desk?as=list", f"/desk/visits/{visit.public_id}"):
        text = (await reader.get(url)).text
        assert (url, "/come-in" in text, "/not-here" in text) == (url, False, False)


# --- what happened to it


async def test_its_history_says_who_said_what(clock: FrozenClock, signs_in: Signs) -> None:
    visit = await here(await a_clinic(), clock)
    desk = await signs_in()
    await post(desk, visit, "come-in", "sheet", partial=False)

    text = re.sub(r"<[^>]+>", "", unescape((await desk.get(f"/desk/visits/{visit.public_id}/history")).text))

    for said in (
        "Anna Virtanen said by SMS that they will come.",
        "Anna Virtanen said by SMS that they are here.",
        "Reception asked by SMS to come in.",
    ):
        assert (said, said in text) == (said, True)


# --- the poster


async def test_the_poster_leads_to_the_door_in_every_language(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    page = (await desk.get("/desk/door")).text
    other = (await desk.get("/desk/door?at=hervanta")).text

    address = re.search(r'href="http[^"]*(/here/[\w-]{22})"', page)
    assert address
    assert (await desk.get(address[1])).status_code == 200
    assert address[1] not in other
    assert re.findall(r'<div lang="(\w+)" dir="(\w+)">', page) == [("en", "ltr"), ("fi", "ltr"), ("he", "rtl")]
    assert ("data:image/svg+xml" in page, "/desk/door/renew" in page) == (True, False)
    assert (await desk.get("/desk/door?at=nowhere")).status_code == 404


async def test_a_manager_makes_a_new_poster(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    manager = await signs_in("manager")
    old = re.search(r"/here/[\w-]{22}", (await manager.get("/desk/door")).text)
    assert old

    answer = await manager.post("/desk/door/renew", data={"at": "keskusta"}, partial=partial)

    assert answer.status_code == (204 if partial else 303)
    page = await manager.get(answer.headers["hx-redirect" if partial else "location"])
    assert ("The old poster leads nowhere now." in page.text, old[0] in page.text) == (True, False)
    assert (await manager.get(old[0])).status_code == 404
    assert "made a new poster" in (await manager.get("/admin/audit")).text


# --- the clinic's own words


async def test_a_manager_writes_what_is_said(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    manager = await signs_in("manager")
    assert "Something is not said yet" in (await manager.get("/admin/texts")).text

    for of, slug, words in (
        ("location", "keskusta", {"waiting.en": " Waiting room 2. ", "waiting.he": "חדר המתנה 2."}),
        ("service", "check-up", {"instructions.en": "Bring a list.", "aftercare.en": "Rest."}),
    ):
        answer = await manager.post("/admin/texts/edit", data={"of": of, "slug": slug, **words}, partial=partial)
        assert answer.status_code == (204 if partial else 303)

    clinic = await current()
    assert clinic is not None
    assert clinic.locations["keskusta"].waiting == {"en": "Waiting room 2.", "he": "חדר המתנה 2."}
    service = clinic.services["check-up"]
    assert (service.instructions, service.aftercare) == ({"en": "Bring a list."}, {"en": "Rest."})
    lacks = "Missing: {}. Whoever reads that gets it in English."
    listed = (await manager.get("/admin/texts")).text
    assert [lacks.format(those) in listed for those in ("Finnish", "Finnish, Hebrew", "Hebrew")] == [True, True, False]
    assert "Waiting room 2." in (await manager.get("/admin/texts/edit?of=location&slug=keskusta")).text
    assert "changed what patients are told" in (await manager.get("/admin/audit")).text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"waiting.en": "x" * 81}, "That is too long: at most 80 characters."),
        ({"waiting.he": "חדר המתנה 2."}, "Write it in this language first"),
    ],
)
async def test_what_cannot_be_said_is_said_beside_it(
    clock: FrozenClock, signs_in: Signs, partial: bool, words: dict[str, str], said: str
) -> None:
    await a_clinic()
    manager = await signs_in("manager")

    form = {"of": "location", "slug": "keskusta", **words}
    answer = await manager.post("/admin/texts/edit", data=form, partial=partial)

    assert (answer.status_code, said in answer.text, next(iter(words.values())) in answer.text) == (422, True, True)
    assert ("At most 80 characters." in answer.text, "maxlength" in answer.text) == (True, False), (
        "nothing is cut unsaid"
    )
    assert (await fetch("SELECT waiting FROM location WHERE slug = 'keskusta'"))[0][0] == "{}"
    for wrong in ({"of": "room", "slug": "room-1"}, {"of": "location", "slug": "nowhere"}, {}):
        assert (await manager.post("/admin/texts/edit", data=wrong)).status_code == 404


# --- protected


async def test_a_protected_person_is_marked_on_the_card(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    visit = await here(await a_clinic(), clock)
    [(patient,)] = await fetch("SELECT public_id FROM patient WHERE id = {}", visit.patient)
    desk, path = await signs_in(), f"/desk/patients/{patient}"
    form = form_of(await desk.get(f"{path}/edit"), f"{path}/edit")
    assert "protected" not in form or form["protected"] == ""

    form = {name: text for name, text in form.items() if name != "protected"}
    answer = await desk.post(f"{path}/edit", data=form | {"name": "Anna Virtanen", "protected": "1"}, partial=partial)

    assert answer.status_code == (204 if partial else 303)
    assert "Protected person" in (await desk.get(path)).text
    assert " checked" in (await desk.get(f"{path}/edit")).text
    assert bool((await fetch("SELECT protected FROM patient WHERE id = {}", visit.patient))[0][0])
