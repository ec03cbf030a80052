"""One's own account: name, password, PIN, codes, sessions; the password is asked again before what is sensitive."""

import re
from typing import Any

import pyotp
import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.staff_in import COOKIE, PASSWORD, enters, joined, went
from turnet.clock import FrozenClock
from turnet.db.transactions import effects_done, fetch
from turnet.staff import secrets
from turnet.staff.service import sessions

NEW = "another roof and a green door"


async def inside(app: Litestar, client: Client, role: str = "reception", **more: Any) -> int:
    await a_clinic()
    user = await joined(app, role, **more)
    await enters(client, role)
    return user


async def test_name_and_language_are_ones_own(app: Litestar, client: Client, partial: bool) -> None:
    await inside(app, client)
    page = await client.get("/desk/me/name")

    answer = await client.post(
        "/desk/me/name", data={"name": " Rea  Salo ", "initials": "RS", "language": "fi"}, partial=partial
    )
    shown = await client.get(went(answer))

    assert 'value="Reception"' in page.text
    assert went(answer) == "/desk/me?done=name"
    assert '<html lang="fi">' in shown.text
    assert await fetch("SELECT name, initials, language FROM staff_user") == [("Rea Salo", "RS", "fi")]


async def test_wrong_name_is_kept_and_said(app: Litestar, client: Client, partial: bool) -> None:
    await inside(app, client)

    answer = await client.post(
        "/desk/me/name", data={"name": "\u202e", "initials": "", "language": "xx"}, partial=partial
    )

    assert answer.status_code == 422
    assert [f'id="{name}-error"' in answer.text for name in ("name", "initials")] == [True, True]
    assert await fetch("SELECT name FROM staff_user") == [("Reception",)]


async def test_role_and_others_columns_are_not_taken_from_a_form(app: Litestar, client: Client) -> None:
    await inside(app, client)
    before = await fetch("SELECT email, role, all_diaries, password_hash, totp_secret, practitioner FROM staff_user")

    await client.post(
        "/desk/me/name",
        data={
            "name": "Rea", "initials": "R", "language": "en", "role": "owner", "all_diaries": "1", "email": "x@y.example",
            "password_hash": "x", "totp_secret": "x", "practitioner": "sanna", "id": "99", "user": "99",
        },
    )  # fmt: skip

    after = await fetch("SELECT email, role, all_diaries, password_hash, totp_secret, practitioner FROM staff_user")
    assert after == before


async def test_new_password_ends_every_other_session_at_once(app: Litestar, client: Client, partial: bool) -> None:
    user = await inside(app, client)
    other = Client(app)
    await enters(other)
    first, heard = client.cookies[COOKIE], []
    with sessions.hearing(heard.append):
        answer = await client.post(
            "/desk/me/password", data={"current": PASSWORD, "new": NEW, "again": NEW}, partial=partial
        )
        await effects_done()

    assert went(answer) == "/desk/me?done=password"
    assert (await client.get("/desk/me")).status_code == 200
    assert client.cookies[COOKIE] != first
    assert went(await other.get("/desk/me")) == "/login?next=%2Fdesk%2Fme"
    assert len(heard) == 1
    [(stored,)] = await fetch("SELECT password_hash FROM staff_user WHERE id = {}", user)
    assert await secrets.matches(NEW, stored)


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"current": "guess", "new": NEW, "again": NEW}, "current"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "new"),
        ({"current": PASSWORD, "new": NEW, "again": "x"}, "again"),
        ({}, "new"),
    ],
)
async def test_password_is_not_changed(app: Litestar, client: Client, form: dict[str, str], wrong: str) -> None:
    await inside(app, client)
    before = await fetch("SELECT password_hash FROM staff_user")

    answer = await client.post("/desk/me/password", data=form)

    assert answer.status_code == 422
    assert f'id="{wrong}-error"' in answer.text
    assert await fetch("SELECT password_hash FROM staff_user") == before


async def test_sensitive_acts_ask_for_the_password_after_a_quarter_of_an_hour(
    app: Litestar, client: Client, clock: FrozenClock, partial: bool
) -> None:
    await inside(app, client)
    clock.advance(minutes=15)

    page = await client.get("/desk/me/pin")
    without = await client.post("/desk/me/pin", data={"pin": "4071"}, partial=partial)
    wrong = await client.post("/desk/me/pin", data={"pin": "4071", "current": "guess"}, partial=partial)
    stored = await fetch("SELECT pin_hash FROM staff_user")
    right = await client.post("/desk/me/pin", data={"pin": "4071", "current": PASSWORD}, partial=partial)
    again = await client.post("/desk/me/pin", data={"pin": "4072"}, partial=partial)

    assert 'name="current"' in page.text
    assert [without.status_code, wrong.status_code, stored] == [422, 422, [("",)]]
    assert [went(right), went(again)] == ["/desk/me?done=pin"] * 2


@pytest.mark.parametrize("pin", ["", "123", "1234", "4321", "0000", "1212", "123456789", "abcd", "٤٠٧١"])
async def test_pin_that_is_guessed_first_is_refused(app: Litestar, client: Client, pin: str) -> None:
    await inside(app, client)

    assert (await client.post("/desk/me/pin", data={"pin": pin})).status_code == 422


async def test_codes_are_turned_on_with_proof_and_off_again(app: Litestar, client: Client, partial: bool) -> None:
    await inside(app, client)
    page = (await client.get("/desk/me/codes")).text
    secret, seed = _shown(page)
    now = pyotp.TOTP(secret).at(int(app.state.clock.real().timestamp()))

    wrong = await client.post("/desk/me/codes", data={"seed": seed, "code": "000000"}, partial=partial)
    on = await client.post("/desk/me/codes", data={"seed": seed, "code": now}, partial=partial)
    more = await client.post("/desk/me/codes/recovery", partial=partial)
    off = await client.post("/desk/me/codes/off", partial=partial)

    assert (wrong.status_code, _shown(wrong.text)[0]) == (422, secret)
    codes = [re.findall(r"<code>([0-9A-Z-]{29})</code>", answer.text) for answer in (on, more)]
    assert [len(set(found)) for found in codes] == [8, 8]
    assert set(codes[0]) & set(codes[1]) == set()
    assert went(off) == "/desk/me?done=no-codes"
    assert await fetch("SELECT totp_secret FROM staff_user") == [("",)]
    assert await fetch("SELECT count(*) FROM recovery_code") == [(0,)]


async def test_owner_cannot_turn_required_codes_off(app: Litestar, client: Client) -> None:
    await inside(app, client, "owner", codes=True)
    await fetch("UPDATE staff_session SET stage = 'full' WHERE id > 0 RETURNING id")

    assert (await client.post("/desk/me/codes/off")).status_code == 409
    assert await fetch("SELECT count(*) FROM staff_user WHERE totp_secret <> {}", "") == [(1,)]


async def test_own_sessions_are_listed_and_ended(app: Litestar, client: Client, partial: bool) -> None:
    await inside(app, client)
    other = Client(app)
    other.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    await enters(other)
    page = (await client.get("/desk/me")).text
    [url] = re.findall(r'action="(/desk/me/sessions/[^"]+/end)"', page)

    answer = await client.post(url, partial=partial)

    assert "Firefox, Windows" in page
    assert went(answer) == "/desk/me?done=session"
    assert went(await other.get("/desk/me")) == "/login?next=%2Fdesk%2Fme"
    assert (await client.get("/desk/me")).status_code == 200


async def test_session_of_somebody_else_is_not_ended(app: Litestar, client: Client) -> None:
    await inside(app, client)
    await joined(app, "owner")
    owner = Client(app)
    await enters(owner, "owner")
    [(theirs,)] = await fetch(
        "SELECT s.public_id FROM staff_session s JOIN staff_user u ON u.id = s.\"user\" WHERE u.role = 'owner'"
    )

    answer = await client.post(f"/desk/me/sessions/{theirs}/end")

    assert answer.status_code == 404
    assert await fetch("SELECT count(*) FROM staff_session") == [(2,)]


def _shown(page: str) -> tuple[str, str]:
    letters = re.search(r'class="letters"[^>]*>([A-Z2-7 ]+)<', page)
    seed = re.search(r'name="seed" value="([^"]+)"', page)
    assert letters and seed
    return letters[1].replace(" ", ""), seed[1]
