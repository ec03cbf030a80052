"""The pretend phone, mailbox and clock: what was sent arrives there, and time passes when asked to."""

import re
from html import unescape

import pytest
from litestar import Litestar

from tests.factories import at
from tests.web.conftest import Client
from tests.web.demo.conftest import StoodClock
from turnet.booking.model import Act, Booked, Person, Wish
from turnet.booking.service import book, cancel
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.demo.staff import hire, logins
from turnet.feedback.model import A_CHILD
from turnet.i18n import speaking
from turnet.reminders.queries import NOTHING_LEFT
from turnet.web.desk.told.sent_words import why

RUTI = Person(name="Ruti Salo", phone="+358400000116", phone_raw="040 000 0116")
ANNA = Person(name="Anna Mäkelä", email="anna@mail.example", email_raw="anna@mail.example")


def _act(app: Litestar) -> Act:
    return Act(now=app.state.clock.now(), real=app.state.clock.real(), key=app.state.key)


async def _booked(app: Litestar, clinic: Clinic, person: Person, when: str) -> Booked:
    wish = Wish(service=clinic.services["check-up"].id, start=at(when))
    return await book(_act(app), clinic, wish, person, once=f"{person.name} {when}")


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def test_nobody_has_heard_anything_yet(demo: Client) -> None:
    page = await demo.get("/-/demo")

    assert (page.status_code, page.headers["x-robots-tag"], page.headers["cache-control"]) == (
        200,
        "noindex",
        "no-store",
    )
    assert "In the clinic it is Tue 1 Dec 10:42" in _words(page.text)
    assert "Nobody has heard from the clinic yet." in _words(page.text)


async def test_sms_arrives_on_the_phone_with_a_link_that_can_be_pressed(
    demo: Client, demo_app: Litestar, clinic: Clinic
) -> None:
    booked = await _booked(demo_app, clinic, RUTI, "2026-12-03T09:20+02:00")

    answer = await demo.post("/-/demo/clock", data={"advance": "10m"})
    page = await demo.get("/-/demo")

    assert (answer.status_code, answer.headers["location"]) == (303, "/-/demo")
    link = f"http://127.0.0.1:8000/a/{booked.token}"
    assert f'<a href="{link}">{link}</a>' in page.text
    assert "Tue 1 Dec 10:42" in _words(page.text), "it was delivered when it was due, not when the clock stopped"


async def test_mail_arrives_with_its_text_and_both_files(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    booked = await _booked(demo_app, clinic, ANNA, "2026-12-03T09:20+02:00")
    await demo.post("/-/demo/clock", data={"advance": "10m"})

    page = await demo.get("/-/demo?who=" + await _patient(booked))
    eml, ics = re.findall(r'href="(/-/demo/mail/[^"]+)"', page.text)

    assert booked.visit.reference in _words(page.text)
    mail = await demo.get(eml)
    assert (mail.headers["content-type"].partition(";")[0], b"anna@mail.example" in mail.content) == (
        "message/rfc822",
        True,
    )
    calendar = await demo.get(ics)
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    assert "attachment" in calendar.headers["content-disposition"]


async def test_what_waits_is_shown_with_when_it_leaves(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    booked = await _booked(demo_app, clinic, ANNA, "2026-12-03T09:20+02:00")
    await demo.post("/-/demo/clock", data={"advance": "1m"})
    await cancel(_act(demo_app), clinic, booked.visit.id, version=booked.visit.version)
    who = await _patient(booked)

    waiting = _words((await demo.get(f"/-/demo?who={who}")).text)
    await demo.post("/-/demo/clock", data={"advance": "1h"})
    after = _words((await demo.get(f"/-/demo?who={who}")).text)

    assert "Leaves Tue 1 Dec 10:53" in waiting
    assert "Leaves" not in after
    assert await fetch("SELECT state FROM message WHERE kind = 'booking_cancelled'") == [("sent",)]


async def test_desk_has_a_mailbox_of_its_own(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    booked = await _booked(demo_app, clinic, RUTI, "2026-12-03T09:20+02:00")
    await demo.post("/-/demo/clock", data={"advance": "10m"})

    page = _words((await demo.get("/-/demo?who=desk")).text)

    assert "Mailbox The desk" in page
    assert booked.visit.reference in page


async def test_each_of_the_staff_reads_their_own_mail(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    await hire(clinic, demo_app.state.clock.real())
    owner, manager, *_rest = logins(clinic)
    await demo.post("/-/demo/clock", data={"advance": "1d"})  # December has begun: the owner is told of November

    page = await demo.get(f"/-/demo?who={owner.email}")
    others = await demo.get(f"/-/demo?who={manager.email}")

    assert [f"Mailbox {owner.name}" in _words(page.text), "/mail/" in page.text, "/mail/" in others.text] == [
        True,
        True,
        False,
    ]
    assert all(f"who={login.email.replace('@', '%40')}" in page.text for login in logins(clinic))
    assert 'id="phone"' not in page.text, "they have no telephone here"


@pytest.mark.parametrize("who", ["elina@nowhere.example", "999999999", "0", "-1", "x", "+", "+x", "DESK"])
async def test_nobodys_mailbox_is_not_somebody_elses(
    demo: Client, demo_app: Litestar, clinic: Clinic, who: str
) -> None:
    await _booked(demo_app, clinic, ANNA, "2026-12-03T09:20+02:00")

    assert (await demo.get("/-/demo", params={"who": who})).status_code == 404


async def test_why_nothing_arrived_is_said_as_the_desk_reads_it(
    demo: Client, demo_app: Litestar, clinic: Clinic
) -> None:
    booked = await _booked(demo_app, clinic, RUTI, "2026-12-03T09:20+02:00")
    await fetch(
        "UPDATE message SET state = 'skipped', error = {}, finished_at = due_at WHERE channel = 'sms' RETURNING id",
        NOTHING_LEFT,
    )
    [(message,)] = await fetch("SELECT id FROM message WHERE channel = 'sms'")
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, message, reason, created_at) "
        "VALUES ({}, 1, 'x', 'sms', {}, 'dropped', {}, {}, {})",
        *(booked.visit.id, demo_app.state.clock.now(), message, A_CHILD, demo_app.state.clock.now()),
    )

    said = [
        _words((await demo.get(f"/-/demo?who={await _patient(booked)}", headers={"Accept-Language": language})).text)
        for language in ("en", "he")
    ]

    with speaking("he"):
        assert (why(A_CHILD) in said[1], NOTHING_LEFT in said[1]) == (True, False)
    assert "Not sent: they are a child, and the contact is not the guardian’s" in said[0]


async def test_clock_stands_where_it_was_put_after_a_restart(demo: Client, demo_app: Litestar) -> None:
    await demo.post("/-/demo/clock", data={"advance": "1d"})
    demo_app.state.clock = StoodClock()

    page = await demo.get("/-/demo")

    assert "In the clinic it is Wed 2 Dec 10:42" in _words(page.text)


async def test_step_that_is_not_one_changes_nothing(demo: Client, demo_app: Litestar) -> None:
    answer = await demo.post("/-/demo/clock", data={"advance": "yesterday"})

    assert answer.status_code == 422
    assert await fetch("SELECT demo_shift FROM clinic") == [(0,)]


async def test_clock_is_not_put_forward_from_another_site(demo: Client) -> None:
    answer = await demo.post("/-/demo/clock", data={"advance": "1d"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


async def test_mail_that_is_not_there_is_not_found(demo: Client) -> None:
    paths = ["/-/demo/mail/nothing.eml", "/-/demo/mail/7b7f0d6e-0000-4000-8000-000000000000.ics"]

    assert [(await demo.get(path)).status_code for path in paths] == [404, 404]


async def test_style_sheet_is_served(demo: Client) -> None:
    sheet = await demo.get("/-/demo/demo.css")

    assert (sheet.status_code, sheet.headers["content-type"].partition(";")[0]) == (200, "text/css")


async def test_nothing_of_it_exists_outside_the_demo(client: Client) -> None:
    answers = [await client.get("/-/demo"), await client.post("/-/demo/clock", data={"advance": "1d"})]

    assert [answer.status_code for answer in answers] == [404, 404]


async def _patient(booked: Booked) -> str:
    ((patient,),) = await fetch("SELECT patient FROM booking WHERE public_id = {}", booked.visit.public_id)
    return str(patient)
