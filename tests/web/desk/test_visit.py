"""The sheet of one visit and the acts of the day: marked, noted, reached elsewhere, taken back."""

import re

import httpx
import pytest

from tests.db.booking.acts import OMAR, an_act
from tests.db.conversation.in_doubt import says_they_cannot
from tests.factories import REA, a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.test_today import THURSDAY_0920, TODAY_1100, a_visit, counting
from turnet.booking import queries, service
from turnet.booking.sheet import entry
from turnet.booking.states import State
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch

LARGEST_ROW = 5 * 1024
"""Bytes, uncompressed, of what an act on a row answers."""


async def state_of(public_id: str) -> State:
    visit = await queries.visit(public_id)
    assert visit is not None
    return visit.state


async def post(desk: Client, public_id: str, act: str, partial: bool, **data: object) -> httpx.Response:
    return await desk.post(f"/desk/visits/{public_id}/{act}", data={"back": "/desk", **data}, partial=partial)


# --- the sheet


async def test_sheet_says_who_when_where_and_how_to_reach_them(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock, who=OMAR)
    await service.write_desk_note(an_act(clock, staff=REA), clinic, visit.id, "Afraid of needles.")
    text = (await (await signs_in()).get(f"/desk/visits/{visit.public_id}")).text
    assert "Omar Said" in text
    assert "11:00 to 11:30" in text
    assert 'href="tel:+358407654321"' in text
    assert "Afraid of needles." in text
    assert visit.reference in text
    assert f'href="/desk/visits/{visit.public_id}/move?back=/desk"' in text


async def test_failed_message_asks_for_a_call(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    await fetch("UPDATE message SET state = 'failed' WHERE kind = 'booking_confirmed'")
    desk = await signs_in()
    assert "did not arrive: call" in (await desk.get(f"/desk/visits/{visit.public_id}")).text
    for view in ("list", "people"):
        assert "message failed, call" in (await desk.get(f"/desk?as={view}")).text


async def test_who_said_that_they_cannot_come_is_marked_until_the_desk_says_that_they_do(
    clock: FrozenClock, signs_in: Signs
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    pages = ["/desk?as=list", "/desk?as=people", "/desk?as=rooms", f"/desk/visits/{visit.public_id}"]
    assert ["says they cannot come" in (await desk.get(page)).text for page in pages] == [False] * 4
    await says_they_cannot(clock, visit)
    assert ["says they cannot come" in (await desk.get(page)).text for page in pages] == [True] * 4

    clock.advance(minutes=1)
    version = (await entry(visit.public_id)).version
    row = await post(desk, visit.public_id, "mark", True, to="confirmed", version=version, **{"from": "row"})
    assert "says they cannot come" not in row.text
    assert ["says they cannot come" in (await desk.get(page)).text for page in pages] == [False] * 4


async def test_what_was_sent_stands_under_its_name_and_what_happened_leads_there(
    clock: FrozenClock, signs_in: Signs
) -> None:
    visit = await a_visit(await a_clinic(), clock, "2026-12-03T09:20+02:00")
    desk, reader = await signs_in(), await signs_in("read_only")
    url = f"/desk/visits/{visit.public_id}"

    sheets = [(await one.get(url)).text for one in (desk, reader)]
    history = (await desk.get(f"{url}/history")).text

    for text in sheets:
        assert re.findall(r'<h3>([^<]+)</h3>.*?</summary>\s*<ol class="sent" id="sent">', text, re.DOTALL) == [
            "Messages"
        ]
        assert "anna@mail.example" in text
    assert f'href="{url}#sent"' in history


async def test_sheet_offers_only_what_may_come_next(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    today = await a_visit(clinic, clock)
    ahead = await a_visit(clinic, clock, THURSDAY_0920)
    desk = await signs_in()

    async def offered(public_id: str) -> list[str]:
        text = (await desk.get(f"/desk/visits/{public_id}")).text
        return re.findall(r'name="to" value="(\w+)"', text)

    assert await offered(today.public_id) == ["arrived", "confirmed", "no_show"]
    assert await offered(ahead.public_id) == ["confirmed"]
    await post(desk, today.public_id, "mark", False, to="arrived")
    assert await offered(today.public_id) == ["in_room", "done", "no_show"]
    await post(desk, today.public_id, "mark", False, to="done")
    assert await offered(today.public_id) == ["in_room"]


@pytest.mark.parametrize("act", ["", "/mark", "/not-here", "/come-in", "/undo", "/note", "/contact"])
async def test_another_practitioners_visit_is_not_there(clock: FrozenClock, signs_in: Signs, act: str) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock, by="pekka")
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["sanna"].row)
    address = f"/desk/visits/{visit.public_id}{act}"
    data = {"to": "arrived", "desk_note": "x", "phone": "040 1112223"}
    answer = await (desk.post(address, data=data) if act else desk.get(address))
    assert answer.status_code == 404
    assert await queries.visit(visit.public_id) == visit
    assert (await desk.post(f"/desk/visits/{'x' * 22}{act or '/mark'}", data=data)).status_code == 404


# --- marking


async def test_one_tap_marks_and_answers_with_the_row_and_the_way_back(
    clock: FrozenClock, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    data = {"to": "arrived", "version": 1, "back": "/desk?as=list", "from": "row"}
    answer = await desk.post(f"/desk/visits/{visit.public_id}/mark", data=data, partial=partial)
    assert await state_of(visit.public_id) is State.ARRIVED
    if not partial:
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/desk?as=list&did={visit.public_id}"
        return
    assert answer.status_code == 200
    assert len(answer.content) < LARGEST_ROW
    assert f'<hx-partial hx-target="#v-{visit.public_id}" hx-swap="outerHTML"><li class="visit"' in answer.text
    assert 'name="to" value="in_room"' in answer.text
    assert "Anna Virtanen has arrived." in answer.text
    assert f'action="/desk/visits/{visit.public_id}/undo"' in answer.text


async def test_marking_costs_a_constant_number_of_queries(
    engine: AnyEngine, clock: FrozenClock, signs_in: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    ran = counting(engine, monkeypatch)
    await desk.post(
        f"/desk/visits/{visit.public_id}/mark", data={"to": "arrived", "from": "row", "back": "/desk"}, partial=True
    )
    assert len([sql for sql in ran if sql.startswith("SELECT")]) <= 8, ran


async def test_sheet_that_marked_gets_itself_back(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    data = {"to": "arrived", "version": 1, "back": "/desk", "from": "sheet"}
    answer = await desk.post(f"/desk/visits/{visit.public_id}/mark", data=data, partial=True)
    assert 'class="sheet open" id="visit" data-state="arrived"' in answer.text
    assert "Anna Virtanen has arrived." in answer.text
    assert "<html" not in answer.text


async def test_double_tap_is_one_mark(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    for _ in range(2):
        data = {"to": "arrived", "version": 1, "back": "/desk", "from": "row"}
        await desk.post(f"/desk/visits/{visit.public_id}/mark", data=data, partial=partial)
    assert await state_of(visit.public_id) is State.ARRIVED
    assert await fetch("SELECT count(*) FROM booking_event WHERE act = 'marked'") == [(1,)]


@pytest.mark.parametrize("where", ["row", "sheet", ""])
async def test_stale_mark_changes_nothing_and_shows_what_is(
    clock: FrozenClock, signs_in: Signs, partial: bool, where: str
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    await service.mark(an_act(clock, staff=REA), clinic, visit.id, State.NO_SHOW)
    desk = await signs_in()
    seen = f"20261201T0900Z/sanna/{'room-1'}/booked"
    data = {"to": "arrived", "version": 1, "back": "/desk", "from": where, "seen": seen}
    answer = await desk.post(f"/desk/visits/{visit.public_id}/mark", data=data, partial=partial)
    assert answer.status_code == 409
    assert await state_of(visit.public_id) is State.NO_SHOW
    if partial and where == "row":
        assert "Anna Virtanen was changed meanwhile: No-show." in answer.text
    elif not partial or where == "sheet":
        assert "Somebody changed this visit meanwhile" in answer.text
        assert "<td>Booked</td><td><b>No-show</b></td>" in answer.text


async def test_mark_that_does_not_go_from_here_is_refused(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    ahead = await a_visit(clinic, clock, THURSDAY_0920)
    desk = await signs_in()
    answer = await post(desk, ahead.public_id, "mark", partial, to="arrived", **{"from": "sheet"})
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert await state_of(ahead.public_id) is State.BOOKED
    answer = await post(desk, ahead.public_id, "mark", partial, to="dancing")
    assert answer.status_code == 422  # type: ignore[attr-defined]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/desk/../a", "/desk\\x", "/en/", ""])
async def test_act_leads_back_to_the_desk_only(clock: FrozenClock, signs_in: Signs, back: str) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    answer = await (await signs_in()).post(f"/desk/visits/{visit.public_id}/mark", data={"to": "arrived", "back": back})
    assert answer.headers["location"].startswith("/desk")
    assert "evil" not in answer.headers["location"]


# --- taking back


async def test_undo_takes_back_the_last_act(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    await post(desk, visit.public_id, "mark", partial, to="arrived")
    answer = await post(desk, visit.public_id, "undo", partial, version=2)
    where = answer.headers["hx-redirect" if partial else "location"]  # type: ignore[attr-defined]
    assert where == f"/desk?did={visit.public_id}"
    assert await state_of(visit.public_id) is State.BOOKED
    assert "Taken back: Anna Virtanen" in (await desk.get(where)).text


async def test_undo_after_ten_minutes_says_why_not(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    await post(desk, visit.public_id, "mark", partial, to="arrived")
    clock.advance(minutes=10)
    answer = await post(desk, visit.public_id, "undo", partial, version=2)
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert await state_of(visit.public_id) is State.ARRIVED
    if partial:
        assert "Ten minutes are over" in answer.text  # type: ignore[attr-defined]


async def test_undo_of_what_somebody_else_did_is_refused(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    await post(await signs_in(), visit.public_id, "mark", partial, to="arrived")
    answer = await post(await signs_in("manager"), visit.public_id, "undo", partial)
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert await state_of(visit.public_id) is State.ARRIVED


# --- what is written down


async def test_note_is_kept_and_can_be_taken_back(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    answer = await post(desk, visit.public_id, "note", partial, desk_note="Wheelchair", version=1, **{"from": "sheet"})
    assert answer.status_code == (200 if partial else 303)  # type: ignore[attr-defined]
    assert "Wheelchair" in (await desk.get(f"/desk/visits/{visit.public_id}")).text
    await post(desk, visit.public_id, "undo", partial)
    assert "Wheelchair" not in (await desk.get(f"/desk/visits/{visit.public_id}")).text


async def test_note_on_a_changed_visit_keeps_what_was_typed_beside_what_is(
    clock: FrozenClock, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    await service.write_desk_note(an_act(clock, staff=REA), clinic, visit.id, "Brings a walker")
    desk = await signs_in()
    answer = await post(desk, visit.public_id, "note", partial, desk_note="Wheelchair", version=1, **{"from": "sheet"})
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "Wheelchair</textarea>" in answer.text  # type: ignore[attr-defined]
    assert "Brings a walker" in answer.text  # type: ignore[attr-defined]


async def test_note_that_is_too_long_stays_in_its_field(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    answer = await post(desk, visit.public_id, "note", partial, desk_note="x" * 1001, **{"from": "sheet"})
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "x" * 1001 in answer.text  # type: ignore[attr-defined]
    assert "The note is too long" in answer.text  # type: ignore[attr-defined]


async def test_messages_go_elsewhere_from_now_on(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    data = {"phone": "040 111 2223", "email": "", "version": 1, "from": "sheet"}
    answer = await post(desk, visit.public_id, "contact", partial, **data)
    assert answer.status_code == (200 if partial else 303)  # type: ignore[attr-defined]
    now = await queries.visit(visit.public_id)
    assert now is not None
    assert (now.phone, now.email) == ("+358401112223", "")


async def test_number_that_is_none_stays_in_its_field(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    answer = await post(desk, visit.public_id, "contact", partial, phone="12", email="", **{"from": "sheet"})
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'value="12"' in answer.text  # type: ignore[attr-defined]
    assert await queries.visit(visit.public_id) == visit


# --- running late


async def test_lateness_is_said_on_the_desk_and_taken_away_again(
    clock: FrozenClock, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock, TODAY_1100)
    desk = await signs_in()
    for _ in range(2):  # the value is the whole lateness: a double tap adds nothing
        answer = await desk.post(
            "/desk/late", data={"who": "sanna", "minutes": "10", "back": "/desk?as=list"}, partial=partial
        )
        assert answer.status_code == (204 if partial else 303)
    assert "<bdi>Sanna Koivisto</bdi></b> is 10 min late" in (await desk.get("/desk?as=list")).text
    assert '<span class="warn"><bdi dir="ltr">+10</bdi> min</span>' in (await desk.get("/desk?as=people")).text
    await desk.post("/desk/late", data={"who": "sanna", "minutes": "0", "back": "/desk"})
    assert "min late" not in (await desk.get("/desk?as=list")).text


@pytest.mark.parametrize(("who", "minutes", "status"), [
    ("nobody", "10", 404), ("sanna", "", 422), ("sanna", "-10", 422), ("sanna", "241", 422), ("sanna", "x", 422), ("pekka", "10", 404),
])  # fmt: skip
async def test_lateness_of_others_or_of_nonsense_is_refused(
    clock: FrozenClock, signs_in: Signs, who: str, minutes: str, status: int
) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["sanna"].row)
    answer = await desk.post("/desk/late", data={"who": who, "minutes": minutes, "back": "/desk"})
    assert answer.status_code == status
    assert await fetch("SELECT count(*) FROM lateness") == [(0,)]
