"""`/admin/rounds`: read, changed, added, switched and removed, as form and as piece of a page."""

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import form_of
from turnet.db.transactions import fetch
from turnet.messaging.texting import Policy, decide
from turnet.reminders.queries import round_named, rounds

REMINDER = {
    "kind": "reminder", "version": "1", "count": "2", "unit": "days", "time": "17:00", "channels": "sms,email",
    "fallback": "1", "answers": "", "location": "", "service": "", "active": "1",
}  # fmt: skip
PARTIAL = {"HX-Request-Type": "partial"}


async def test_the_list_reads_as_sentences(signs_in: Signs) -> None:
    await a_clinic()
    page = (await (await signs_in("owner")).get("/admin/rounds")).text

    for said in (
        "2 days before at the time of the visit, by e-mail.",
        "The day before at the time of the visit, by SMS.",
        "3 days before at 17:00, by e-mail, or by SMS where there is no address.",
        "2 hours before, by SMS. Asks for an answer by SMS.",
        "1 hour after the end, by e-mail, or by SMS where there is no address.",
        "The day after at 12:00, by SMS. Asks for an answer by SMS.",
        "Last month it would have gone to nobody.",
    ):
        assert said in page
    assert page.count("Switch off") == 2
    assert "Remove" not in page


@pytest.mark.parametrize(("price", "said"), [(None, "The price of a part is not set yet."), (80, "about €0.24")])
async def test_what_is_off_says_what_it_would_have_cost(
    app: Litestar, signs_in: Signs, price: int | None, said: str
) -> None:
    """Three days of November, two of them with two visits on one telephone."""
    clinic, clock = await a_clinic(), app.state.clock
    for number in range(5):
        starts = clock.now() - timedelta(days=2 + number // 2, hours=number % 2)
        await a_booking(clinic, clock, starts_at=starts, state="done", room=clinic.rooms["room-1"].row, email="")
    if price:
        await decide(Policy(price=price * 1000 // 10))

    page = (await (await signs_in("owner")).get("/admin/rounds/checkin")).text

    assert "Last month it would have been 3 SMS in 3 parts at most." in page
    assert said in page


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["form", "partial"])
async def test_a_round_is_added_and_removed(signs_in: Signs, headers: dict[str, str]) -> None:
    await a_clinic()
    desk = await signs_in("manager")
    answer = await desk.post("/admin/rounds/new", data=REMINDER, headers=headers)
    made = (await rounds())[-1]
    listed = (await desk.get("/admin/rounds?done=saved")).text
    gone = await desk.post(f"/admin/rounds/{made.name}/remove", data={"version": "1"}, headers=headers)

    assert (answer.status_code, gone.status_code) == ((204, 204) if headers else (303, 303))
    assert (made.days, made.at_minute, made.channels, made.fallback, made.active) == (
        -2, 1020, ("sms", "email"), True, True,
    )  # fmt: skip
    assert "2 days before at 17:00, by SMS, or by e-mail where there is no number or it does not arrive." in listed
    assert len(await rounds()) == 6


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["form", "partial"])
async def test_a_round_is_changed_and_somebody_elses_change_is_not_lost(
    signs_in: Signs, headers: dict[str, str]
) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    first = await desk.post("/admin/rounds/one_day", data=REMINDER, headers=headers)
    second = await desk.post("/admin/rounds/one_day", data=REMINDER | {"count": "5"}, headers=headers)

    assert (first.status_code, second.status_code) == (204 if headers else 303, 409)
    assert "Somebody changed it meanwhile." in second.text
    assert 'value="5"' in second.text, "what was typed stays"
    assert (await round_named("one_day")).days == -2
    third = await desk.post("/admin/rounds/one_day", data=REMINDER | {"count": "5", "version": "2"})
    assert (third.status_code, (await round_named("one_day")).days) == (303, -5)


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["form", "partial"])
async def test_switched_on_and_off(signs_in: Signs, headers: dict[str, str]) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    for on, version in (("1", "1"), ("0", "2")):
        answer = await desk.post(
            "/admin/rounds/instructions/switch", data={"on": on, "version": version}, headers=headers
        )
        assert answer.status_code == (204 if headers else 303)
        assert (await round_named("instructions")).active == (on == "1")
    stale = await desk.post("/admin/rounds/instructions/switch", data={"on": "1", "version": "1"}, headers=headers)
    assert (stale.status_code, (await round_named("instructions")).active) == (409, False)


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["form", "partial"])
async def test_a_reminder_switched_off_in_one_tap_is_on_again_in_one(
    app: Litestar, signs_in: Signs, headers: dict[str, str]
) -> None:
    clinic, clock = await a_clinic(), app.state.clock
    visit = await a_booking(clinic, clock, starts_at=clock.now() + timedelta(days=5))
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) VALUES "
        "({}, 1, 'one_day', 'sms', {}, 'waiting', '', {})",
        *(visit.id, clock.now() + timedelta(days=4), clock.now()),
    )
    desk, off = await signs_in("owner"), {"on": "0", "version": "1"}

    answer = await desk.post("/admin/rounds/one_day/switch", data=off, headers=headers)
    page = await desk.get(answer.headers["hx-redirect" if headers else "location"])
    undo = "/admin/rounds/one_day/switch?on=1"
    assert (await fetch("SELECT state FROM step WHERE rule = 'one_day'"), "It is off." in page.text) == (
        [("dropped",)], True,
    )  # fmt: skip
    back = await desk.post(undo, data=form_of(page, undo), headers=headers)

    assert (back.status_code, (await round_named("one_day")).active) == (204 if headers else 303, True)
    assert await fetch("SELECT state FROM step WHERE rule = 'one_day'") == [("waiting",)]


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["form", "partial"])
async def test_an_undo_after_somebody_else_changes_nothing_and_shows_how_it_is(
    signs_in: Signs, headers: dict[str, str]
) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    for on, version in (("0", "1"), ("1", "2"), ("0", "3")):
        await desk.post("/admin/rounds/one_day/switch", data={"on": on, "version": version})

    late = await desk.post("/admin/rounds/one_day/switch?on=1", data={"version": "2"}, headers=headers)

    assert (late.status_code, (await round_named("one_day")).active) == (409, False)
    assert "Somebody changed it meanwhile." in late.text
    assert late.headers["hx-retarget"] == "#rounds"


@pytest.mark.parametrize(
    "query", ["done=off&round=nothing", "done=on&round=one_day&x=", "done=off", "done=x&round=one_day"]
)
async def test_what_was_not_done_is_not_taken_back(signs_in: Signs, query: str) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    if "on&" in query:
        await desk.post("/admin/rounds/one_day/switch", data={"on": "0", "version": "1"})

    page = (await desk.get(f"/admin/rounds?{query}")).text

    assert "/switch?on=" not in page


async def test_what_asks_cannot_be_switched_on_where_nothing_receives_and_the_link_is_offered(
    app: Litestar, signs_in: Signs
) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    answer = await desk.post("/admin/rounds/checkin/switch", data={"on": "1", "version": "1"})
    link = REMINDER | {"kind": "checkin", "unit": "hours", "time": "", "channels": "sms", "fallback": ""}
    saved = await desk.post("/admin/rounds/checkin", data=link)

    assert (answer.status_code, saved.status_code) == (422, 303)
    assert 'id="answers-error"' in answer.text
    assert "Choose the link." in answer.text
    assert (await round_named("checkin")).answers is False


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"count": "soon"}, "count", "Write a whole number."),
        ({"count": "31"}, "count", "At most 30 days, or 24 hours."),
        ({"unit": "weeks"}, "count", "Write a whole number."),
        ({"time": "25:00"}, "time", "Write a time such as 17:00, or leave it empty."),
        ({"channels": "pigeon"}, "channels", "This cannot be empty."),
        ({"channels": "sms"}, "fallback", "Choose two ways, or none can stand in for the other."),
        ({"service": "surgery"}, "service", "Look at this once more."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    signs_in: Signs, typed: dict[str, str], field: str, sentence: str
) -> None:
    await a_clinic()
    answer = await (await signs_in("owner")).post("/admin/rounds/new", data=REMINDER | typed)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert len(await rounds()) == 6


async def test_how_it_reads_is_shown_and_nothing_saved(signs_in: Signs) -> None:
    await a_clinic()
    offer: dict[str, Any] = REMINDER | {
        "kind": "offer", "side": "after", "text_en": "A cleaning with every check-up.", "channels": "sms",
        "fallback": "", "show": "1",
    }  # fmt: skip
    answer = await (await signs_in("owner")).post("/admin/rounds/new", data=offer)

    assert answer.status_code == 200
    assert "Tuomi Dental: A cleaning with every check-up. No more offers:" in answer.text
    assert "/u/…" in answer.text
    survey = {"kind": "feedback", "unit": "days", "channels": "email", "fallback": "", "show": "1"}
    assert "/f/…" in (await (await signs_in("manager")).post("/admin/rounds/new", data=REMINDER | survey)).text
    assert len(await rounds()) == 6


async def test_whoever_may_not_finds_nothing(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("reception")

    assert (await desk.get("/admin/rounds")).status_code == 404
    assert (await desk.post("/admin/rounds/one_day/switch", data={"on": "0", "version": "1"})).status_code == 404
    assert (await (await signs_in("owner")).get("/admin/rounds/nothing")).status_code == 404
    assert (await round_named("one_day")).active


async def test_a_visits_sheet_tells_what_was_not_sent_and_why(app: Litestar, signs_in: Signs) -> None:
    clinic, clock = await a_clinic(), app.state.clock
    visit = await a_booking(clinic, clock, starts_at=clock.now() + timedelta(days=1), room=clinic.rooms["room-1"].row)
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) VALUES "
        "({}, 1, 'two_days', 'email', {}, 'dropped', 'the visit was booked or moved just before it', {}), "
        "({}, 1, 'one_day', 'sms', {}, 'waiting', '', {})",
        *(visit.id, clock.now(), clock.now(), visit.id, clock.now() + timedelta(hours=2), clock.now()),
    )

    page = (await (await signs_in("reception")).get(f"/desk/visits/{visit.public_id}")).text

    assert "not sent: the confirmation had just said it" in page
    assert "goes Tue 1 Dec" in page
