"""The first page of the desk: the day as list and columns, week and month, for whoever may see it."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, OMAR, OWNER, an_act
from tests.db.messaging.acts import a_booking
from tests.factories import REA, a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.booking import service
from turnet.booking.model import Person, Visit, Wish
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.db.transactions import fetch
from turnet.scheduling.spans import Span

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Mobile Safari/537.36"}
TODAY_0820, TODAY_1100 = "2026-12-01T08:20+02:00", "2026-12-01T11:00+02:00"
TODAY_1300, THURSDAY_0920 = "2026-12-01T13:00+02:00", "2026-12-03T09:20+02:00"


async def a_visit(
    clinic: Clinic, clock: FrozenClock, start: str = TODAY_1100, *, by: str = "sanna", who: Person = ANNA, **more: Any
) -> Visit:
    """A check-up of half an hour in Keskusta, taken by the desk."""
    person, place = clinic.practitioners[by].id, clinic.locations["keskusta"].id
    wish = Wish(clinic.services["check-up"].id, at(start), place, person, by_hand=True, **more)
    act = an_act(clock, staff=REA, actor=REA.actor, door="phone")
    return (await service.book(act, clinic, wish, who, once=f"{start}{by}{more}", reason="in pain")).visit


async def marked(clinic: Clinic, clock: FrozenClock, visit: Visit, to: State) -> None:
    await service.mark(an_act(clock, staff=REA, actor=REA.actor), clinic, visit.id, to)


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


# --- the list


async def test_phone_gets_the_running_day_with_now_between_what_was_and_what_comes(
    clock: FrozenClock, signs_in: Signs
) -> None:
    clinic = await a_clinic()
    late = await a_visit(clinic, clock, TODAY_1300, by="pekka", who=OMAR)
    early = await a_visit(clinic, clock)
    desk = await signs_in()
    answer = await desk.get("/desk", headers=PHONE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert in_order(answer.text, 'id="now"', f'id="v-{early.public_id}"', f'id="v-{late.public_id}"')
    assert "Anna Virtanen" in answer.text
    assert re.search(r"Check-up, <bdi>SK</bdi>, <bdi>Room [12]</bdi>", answer.text)
    assert "<b>2</b> visits" in answer.text


async def test_what_is_over_folds_away_and_who_has_come_is_next(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    over = await a_visit(clinic, clock, TODAY_0820)
    await marked(clinic, clock, over, State.NO_SHOW)
    first = await a_visit(clinic, clock, TODAY_1100, by="pekka", who=OMAR)
    here = await a_visit(clinic, clock, TODAY_1300)
    await marked(clinic, clock, here, State.ARRIVED)
    text = (await (await signs_in()).get("/desk?as=list")).text
    assert in_order(text, "1 no-show", f'id="v-{over.public_id}"', 'id="now"')
    assert f'<li class="visit" id="v-{first.public_id}"' in text
    assert f'<li class="visit next" id="v-{here.public_id}"' in text
    assert "Arrived 10:42" in text


async def test_gap_is_a_row_that_keeps_its_time_when_tapped(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    text = (await (await signs_in()).get("/desk?as=list&with=sanna")).text
    assert re.findall(r'name="start" value="(\w+)"', text) == ["20261201T0930Z", "20261201T1100Z"]
    assert "30 min free" in text  # 11:30 to 12
    assert "3 h free" in text
    assert text.count('action="/desk/new/hold"') == 2


async def test_time_that_somebody_keeps_is_shown_with_their_initials_and_is_no_gap(
    clock: FrozenClock, signs_in: Signs
) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception", name="Rea Reception")
    wish = Wish(clinic.services["check-up"].id, at(TODAY_1300), None, clinic.practitioners["sanna"].id)
    await service.hold(an_act(clock, staff=REA, actor=REA.actor), clinic, wish, owner=OWNER)
    text = (await desk.get("/desk?as=list&with=sanna")).text
    assert "RR is booking" in text
    assert 'value="20261201T1100Z"' not in text
    assert "RR is booking" in (await desk.get("/desk?as=people")).text


async def test_read_only_staff_see_everything_and_are_offered_nothing(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in("read_only")
    for view in ("list", "people"):
        text = (await desk.get(f"/desk?as={view}&visit={visit.public_id}")).text
        assert "Anna Virtanen" in text
        assert not re.search(r'action="/desk/(visits|new|late)', text)


async def test_practitioner_sees_their_own_diary_only(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    mine = await a_visit(clinic, clock)
    other = await a_visit(clinic, clock, by="pekka", who=OMAR)
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["sanna"].row)
    for view in ("list", "people", "rooms", "week"):
        text = (await desk.get(f"/desk?as={view}")).text
        assert mine.public_id in text
        assert other.public_id not in text
        assert "Omar Said" not in text
    assert (await desk.get("/desk?as=week&with=pekka")).status_code == 404
    assert (await desk.get(f"/desk?visit={other.public_id}")).status_code == 404
    assert ">1</b>" in (await desk.get("/desk?as=month")).text


@pytest.mark.parametrize(
    "query", ["day=2026-02-30", "day=20261201", "day=1900-01-01", "as=gantt", "with=nobody", "at=nowhere", "visit=none"]
)
async def test_what_is_not_there_is_not_found(clock: FrozenClock, signs_in: Signs, query: str) -> None:
    await a_clinic()
    assert (await (await signs_in()).get(f"/desk?{query}")).status_code == 404


async def test_day_without_anything_says_so(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    assert "Nothing on this day." in (await desk.get("/desk?as=list&day=2026-12-05")).text
    for view in ("people", "rooms", "week", "month"):
        assert (await desk.get(f"/desk?as={view}&day=2026-12-05")).status_code == 200


async def test_live_refresh_gets_the_list_alone(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    desk = await signs_in()
    for view in ("list", "people", "rooms", "week", "month"):
        part = await desk.get(f"/desk?as={view}", partial=True)
        assert part.status_code == 200
        assert 'id="sheet"' in part.text
        assert "<html" not in part.text
        assert f'hx-get="/desk?as={view}"' in part.text


# --- columns


async def test_wide_window_gets_columns_placed_by_attributes(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    text = (await (await signs_in()).get("/desk")).text
    assert f'id="v-{visit.public_id}" data-state="booked" data-s="36" data-d="6"' in text  # 11:00 from 08:00
    assert 'data-cols="3" data-top="20261201T0600Z"' in text
    assert "style=" not in text
    assert '<p class="now" data-s="32">' in text
    assert ">Not in<" in text  # Omri works in the mornings
    assert ">Break<" in text


async def test_window_that_says_it_is_narrow_gets_the_list(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    desk.cookies.set("turnet_wide", "0")
    assert 'class="run"' in (await desk.get("/desk")).text
    desk.cookies.set("turnet_wide", "1")
    assert 'class="run"' not in (await desk.get("/desk", headers=PHONE)).text


@pytest.mark.parametrize("view", ["people", "rooms", "week"])
async def test_overlapping_visits_stand_side_by_side(clock: FrozenClock, signs_in: Signs, view: str) -> None:
    clinic = await a_clinic()
    one = await a_visit(clinic, clock)
    room = one.room
    two = await a_visit(clinic, clock, "2026-12-01T11:10+02:00", who=OMAR, over=True, room=room)
    text = (await (await signs_in()).get(f"/desk?as={view}&with=sanna")).text
    assert re.search(rf'id="v-{one.public_id}"[^>]* data-lane="1/2"', text)
    assert re.search(rf'id="v-{two.public_id}"[^>]* data-lane="2/2"', text)
    assert "overbooked" in text
    listed = (await (await signs_in("manager")).get("/desk?as=list")).text
    assert one.public_id in listed
    assert two.public_id in listed


async def test_closed_time_says_why(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    span = Span(at(TODAY_1300), at(TODAY_1300) + 60)
    await service.block(
        an_act(clock, staff=REA, actor=REA.actor), clinic, clinic.practitioners["sanna"].id, span, "Dentists’ meeting"
    )
    text = (await (await signs_in()).get("/desk?as=people")).text
    assert 'data-s="60" data-d="12"><span>Dentists’ meeting</span>' in text


async def test_day_of_a_clock_change_is_drawn_as_long_as_it_is(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    clock.advance(days=117)
    text = (await (await signs_in()).get("/desk?as=people&day=2027-03-28")).text
    assert ">08:00</li>" in text


# --- week and month


async def test_week_is_one_persons(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    today = await a_visit(clinic, clock)
    thursday = await a_visit(clinic, clock, THURSDAY_0920)
    other = await a_visit(clinic, clock, by="pekka", who=OMAR)
    text = (await (await signs_in()).get("/desk?as=week&with=sanna")).text
    assert today.public_id in text
    assert thursday.public_id in text
    assert other.public_id not in text
    assert re.findall(r'<section class="col"[^>]*data-day="([\d-]+)"', text) == [
        f"2026-{day}" for day in ("11-30", "12-01", "12-02", "12-03", "12-04")
    ]


async def test_month_shows_how_full_each_day_is(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock)
    text = (await (await signs_in()).get("/desk?as=month&with=sanna")).text
    assert 'href="/desk?with=sanna" aria-current="date"' in text
    assert '<b>1</b> <span class="word">visit</span></span><i data-fill="1"></i><small>7 % full</small>' in text
    assert text.count("<i data-fill") == 21  # the working days of December 2026
    assert text.count(">closed<") == 10


# --- what is remembered


async def test_filter_is_kept_with_the_account(clock: FrozenClock, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    mine = await a_visit(clinic, clock)
    other = await a_visit(clinic, clock, by="pekka", who=OMAR)
    desk = await signs_in()
    answer = await desk.post("/desk/view", data={"show": "with:pekka", "back": "/desk?as=list"}, partial=partial)
    assert answer.status_code == (204 if partial else 303)
    assert answer.headers["hx-redirect" if partial else "location"] == "/desk?as=list"
    text = (await desk.get("/desk?as=list")).text
    assert other.public_id in text
    assert mine.public_id not in text
    assert mine.public_id in (await desk.get("/desk?as=list&at=keskusta")).text
    await desk.post("/desk/view", data={"show": "", "back": "/desk"})
    assert mine.public_id in (await desk.get("/desk?as=list")).text


@pytest.mark.parametrize("show", ["with:nobody", "at:", "password:1", "with", "'; DROP TABLE staff_user"])
async def test_filter_that_means_nothing_shows_everybody(clock: FrozenClock, signs_in: Signs, show: str) -> None:
    await a_clinic()
    desk = await signs_in()
    assert (await desk.post("/desk/view", data={"show": show, "back": "//evil.example"})).headers["location"] == "/desk"
    assert await fetch('SELECT "view" FROM staff_user') == [("{}",)]


# --- what it costs


async def test_day_costs_five_queries_however_many_visits(
    engine: AnyEngine, clock: FrozenClock, signs_in: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session and four reads of the day."""
    clinic = await a_clinic()
    desk = await signs_in()
    for n in range(4):
        await a_visit(clinic, clock, f"2026-12-01T{12 + n}:30+02:00" if n else TODAY_1100, by="pekka")
    await desk.get("/desk")
    ran = counting(engine, monkeypatch)
    for view in ("list", "people", "rooms", "week"):
        ran.clear()
        assert (await desk.get(f"/desk?as={view}&with=pekka")).text.count('data-state="booked"') == 4
        assert len(ran) == 5, ran
    ran.clear()
    await desk.get("/desk?as=month")
    assert len(ran) == 2


def counting(engine: AnyEngine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []
    name = "_on_connection" if isinstance(engine, LiteEngine) else "_records"
    original = getattr(type(engine), name)

    async def counted(self: AnyEngine, sql: str, *args: Any) -> Any:
        ran.append(" ".join(sql.split()))
        return await original(self, sql, *args)

    monkeypatch.setattr(type(engine), name, counted)
    return ran


# --- around it


async def test_what_was_just_done_is_said_with_the_way_back_for_ten_minutes(
    clock: FrozenClock, signs_in: Signs
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    other = await signs_in("manager")
    assert 'class="undo toast"' not in (await other.get(f"/desk?did={visit.public_id}")).text
    await mark(desk, visit, "arrived")
    text = (await desk.get(f"/desk?did={visit.public_id}")).text
    assert "Anna Virtanen has arrived." in text
    assert f'action="/desk/visits/{visit.public_id}/undo"' in text
    clock.advance(minutes=10)
    assert 'class="undo toast"' not in (await desk.get(f"/desk?did={visit.public_id}")).text
    assert (await desk.get("/desk?did=nobody")).status_code == 200


async def mark(desk: Client, visit: Visit, to: str) -> None:
    await desk.post(f"/desk/visits/{visit.public_id}/mark", data={"to": to, "back": "/desk"})


async def test_visit_opened_by_address_shows_its_own_day(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock, THURSDAY_0920)
    text = (await (await signs_in()).get(f"/desk?as=list&visit={visit.public_id}")).text
    assert "Thu 3 Dec" in text
    assert 'class="sheet open" id="visit"' in text


async def test_more_offers_what_the_role_may(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    owner = (await (await signs_in("owner")).get("/desk/more")).text
    assert "/admin/staff" in owner
    assert "/admin/audit" in owner
    reads = await signs_in("read_only")
    reader = (await reads.get("/desk/more")).text
    assert (await reads.get("/admin")).headers["location"] == "/desk/more"
    assert "/admin/staff" not in reader
    assert "/desk/blocks" not in reader


async def test_names_and_notes_are_text(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    hostile = Person('"><script>alert(1)</script>', email="x@mail.example", note="<img src=x onerror=alert(2)>")
    visit = await a_visit(clinic, clock, who=hostile)
    desk = await signs_in()
    for view in ("list", "people", "rooms", "week"):
        text = (await desk.get(f"/desk?as={view}&visit={visit.public_id}")).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;alert(1)" in text


async def test_yesterday_has_no_gaps_and_tomorrow_no_acts(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, clock, THURSDAY_0920)
    desk = await signs_in()
    ahead = (await desk.get("/desk?as=list&day=2026-12-03")).text
    assert 'class="gap"' in ahead
    assert '/mark"' not in ahead
    clock.advance(days=3)
    desk = await signs_in("manager")
    assert 'class="gap"' not in (await desk.get("/desk?as=list&day=2026-12-03")).text
    assert 'name="to" value="arrived"' in (await desk.get("/desk?as=list&day=2026-12-03")).text


async def test_own_hours_are_twelve_so_the_clock_may_go_on(clock: FrozenClock, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    clock.at += timedelta(hours=13)
    assert (await desk.get("/desk")).status_code == 303


async def test_visit_without_a_history_has_nothing_just_done(clock: FrozenClock, signs_in: Signs) -> None:
    visit = await a_booking(await a_clinic(), clock)
    desk = await signs_in()

    assert (await desk.get(f"/desk?did={visit.public_id}")).status_code == 200
