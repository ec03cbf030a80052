"""The front desk locks by itself, and what was typed when a session ended is not lost."""

from datetime import timedelta

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import a_session
from tests.web.desk.staff_in import COOKIE, PASSWORD, code, enters, joined, went
from turnet.clock import FrozenClock
from turnet.db.transactions import effects_done, fetch
from turnet.staff.service import sessions
from turnet.staff.tables import StaffSession

HOSTILE = '"><script>alert(1)</script>'


async def at_front_desk(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, pin="4071")
    await enters(client)
    await client.post("/desk/me/front-desk", data={"on": "1"})


async def test_front_desk_locks_after_a_quarter_of_an_hour(
    app: Litestar, client: Client, clock: FrozenClock, partial: bool
) -> None:
    await at_front_desk(app, client)
    clock.advance(minutes=14)
    before = await client.get("/desk/me")
    clock.advance(minutes=15)
    locked = await client.get("/desk/me")
    page = await client.get("/login/locked")

    wrong = await client.post("/login/locked", data={"pin": "9999"}, partial=partial)
    answer = await client.post("/login/locked", data={"pin": "4071", "next": "/desk/me"}, partial=partial)

    assert (before.status_code, went(locked)) == (200, "/login/locked?next=%2Fdesk%2Fme")
    assert "Locked by <bdi>Reception</bdi>" in page.text
    assert (wrong.status_code, went(answer)) == (422, "/desk/me")
    assert (await client.get("/desk/me")).status_code == 200


async def test_desk_that_renews_itself_does_not_stay_open(app: Litestar, client: Client, clock: FrozenClock) -> None:
    await at_front_desk(app, client)
    for _quarter in range(3):
        clock.advance(minutes=5)
        await client.get("/desk/live")
        await client.get("/desk/me", headers={"HX-Source": "section#sheet"})

    assert went(await client.get("/desk/me")) == "/login/locked?next=%2Fdesk%2Fme"


async def test_what_renews_itself_leads_nobody_away_from_what_is_half_written(app: Litestar, client: Client) -> None:
    """`live.js` hears of the end, and leaves a page alone in which somebody types. The control is pressed by a person."""
    await at_front_desk(app, client)
    await client.post("/desk/me/lock")
    count = {"HX-Request": "true", "HX-Request-Type": "partial"}

    alone = await client.get("/desk/inbox/count", headers=count | {"HX-Source": "span"})
    pressed = await client.get("/desk/inbox/count", headers=count | {"HX-Source": "a#all"})

    assert (alone.status_code, alone.text, "hx-redirect" in alone.headers) == (204, "", False)
    assert "hx-redirect" in pressed.headers


async def test_locking_by_hand(app: Litestar, client: Client, partial: bool) -> None:
    await at_front_desk(app, client)
    heard: list[str] = []

    with sessions.hearing(heard.append):
        answer = await client.post("/desk/me/lock", partial=partial)
        await effects_done()

    assert (went(answer), len(heard)) == ("/login/locked", 1)
    assert went(await client.get("/desk/me")) == "/login/locked?next=%2Fdesk%2Fme"
    assert went(await client.get("/login")) == "/login/locked"


async def test_five_wrong_pins_end_the_session(app: Litestar, client: Client) -> None:
    await at_front_desk(app, client)
    await client.post("/desk/me/lock")

    answers = [(await client.post("/login/locked", data={"pin": "1111"})).status_code for _ in range(5)]

    assert answers == [422, 422, 422, 422, 401]
    assert await StaffSession.count() == 0


async def test_without_a_pin_nothing_locks(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)

    answers = [await client.post("/desk/me/front-desk", data={"on": "1"}), await client.post("/desk/me/lock")]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await fetch("SELECT front_desk, locked FROM staff_session") in ([(False, False)], [(0, 0)])


async def test_what_was_typed_survives_the_end_of_the_session(
    app: Litestar, client: Client, clock: FrozenClock, partial: bool
) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)
    clock.advance(hours=13)
    typed = {"name": f"Rea {HOSTILE}", "initials": "RR", "language": "he", "password": "not carried"}

    door = await client.post("/desk/me/name", data=typed, partial=partial)
    carried = {
        "email": "reception@tuomi.example", "password": PASSWORD, "to": "/desk/me/name",
        "f.name": "Rea Uusi", "f.initials": "RU", "f.language": "he",
    }  # fmt: skip
    back = await client.post("/login", data=carried)
    sent = await client.post("/desk/me/name", data={"name": "Rea Uusi", "initials": "RU", "language": "he"})

    assert (door.status_code, door.headers.get("HX-Retarget")) == (401, "body")
    assert 'name="to" value="/desk/me/name"' in door.text
    assert 'name="f.name" value="Rea &#34;&gt;&lt;script&gt;' in door.text
    assert "not carried" not in door.text
    assert HOSTILE not in door.text
    assert back.status_code == 200
    assert '<form class="form" method="post" action="/desk/me/name">' in back.text
    assert 'name="name" value="Rea Uusi"' in back.text
    assert went(sent) == "/desk/me?done=name"


async def test_what_was_typed_goes_through_the_code_too(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    kept = {"to": "/desk/me/name?back=1", "f.name": "Rea Uusi"}

    half = await enters(client, **kept)
    back = await client.post("/login/code", data={"code": code(app), **kept})

    assert half.status_code == back.status_code == 200
    assert 'action="/login/code"' in half.text
    assert 'name="f.name" value="Rea Uusi"' in half.text
    assert 'action="/desk/me/name?back=1"' in back.text


async def test_what_was_typed_goes_through_the_lock_too(app: Litestar, client: Client) -> None:
    await at_front_desk(app, client)
    await client.post("/desk/me/lock")

    door = await client.post("/desk/me/name", data={"name": "Rea Uusi"})
    back = await client.post("/login/locked", data={"pin": "4071", "to": "/desk/me/name", "f.name": "Rea Uusi"})

    assert door.status_code == 401
    assert 'action="/login/locked"' in door.text
    assert 'name="name" value="Rea Uusi"' in back.text


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/a/x/cancel", "/logout", "/desk/\\evil"])
async def test_carried_form_goes_to_the_desk_only(app: Litestar, client: Client, to: str) -> None:
    await a_clinic()
    await joined(app)

    answer = await enters(client, to=to, **{"f.name": "x"})

    assert went(answer) == "/desk"


async def test_partial_look_without_a_session_leaves_the_page(app: Litestar, client: Client) -> None:
    await a_clinic()
    url = f"{app.state.settings.origin}/desk?day=2026-12-03"

    answer = await client.get("/desk/me", partial=True, headers={"HX-Current-URL": url})

    assert (answer.status_code, went(answer)) == (204, "/login?next=%2Fdesk%3Fday%3D2026-12-03")


async def test_seen_is_written_every_five_minutes(app: Litestar, client: Client, clock: FrozenClock) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)
    begun = clock.real()
    seen = []
    for _minute in range(6):
        clock.advance(minutes=1)
        await client.get("/desk/me")
        [(at,)] = await fetch("SELECT seen_at FROM staff_session")
        seen.append(at - begun)

    assert seen == [timedelta(0)] * 4 + [timedelta(minutes=5)] * 2


async def test_another_clients_cookie_is_no_session(app: Litestar, client: Client) -> None:
    await a_clinic()
    await a_session(app, await joined(app), "token-" + "t" * 30)
    client.cookies.set(COOKIE, "token-" + "u" * 30)

    assert went(await client.get("/desk/me")) == "/login?next=%2Fdesk%2Fme"
