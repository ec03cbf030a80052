"""The second half of logging in, and setting it up."""

import re

import pyotp
import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.staff_in import COOKIE, SECRET, code, enters, joined, went
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.staff import secrets
from turnet.staff.tables import RecoveryCode, StaffSession


async def test_code_opens_the_desk_with_another_token(app: Litestar, client: Client, partial: bool) -> None:
    await a_clinic()
    user = await joined(app, codes=True)
    half = await enters(client)
    first = client.cookies[COOKIE]
    before = await client.get("/desk/me")

    answer = await client.post("/login/code", data={"code": code(app)}, partial=partial)

    assert (went(half), went(before), went(answer)) == ("/login/code", "/login/code?next=%2Fdesk%2Fme", "/desk")
    assert client.cookies[COOKIE] != first
    assert await fetch("SELECT stage FROM staff_session") == [("full",)]
    assert await fetch("SELECT act FROM audit_entry WHERE staff = {}", user) == [("login",)]


async def test_old_token_is_dead_once_the_code_was_given(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    await enters(client)
    stolen = Client(app)
    stolen.cookies.set(COOKIE, client.cookies[COOKIE])

    await client.post("/login/code", data={"code": code(app)})

    assert went(await stolen.get("/desk/me")) == "/login?next=%2Fdesk%2Fme"


async def test_code_counts_once(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    other = Client(app)
    await enters(client)
    await enters(other)

    answers = [await one.post("/login/code", data={"code": code(app)}) for one in (client, other)]

    assert [answer.status_code for answer in answers] == [303, 422]


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
async def test_code_of_the_half_minute_before_and_after_is_taken(
    app: Litestar, client: Client, steps: int, status: int
) -> None:
    await a_clinic()
    await joined(app, codes=True)
    await enters(client)

    answer = await client.post("/login/code", data={"code": code(app, steps)})

    assert answer.status_code == status


async def test_earlier_code_is_not_taken_after_a_later_one(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    await enters(client)
    await client.post("/login/code", data={"code": code(app, 1)})
    await enters(client)

    assert (await client.post("/login/code", data={"code": code(app)})).status_code == 422


async def test_five_wrong_codes_ask_for_the_password_again(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    await enters(client)

    answers = [await client.post("/login/code", data={"code": "000000"}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 401]
    assert 'name="password"' in answers[-1].text
    assert await StaffSession.count() == 0


async def test_wrong_codes_are_counted_across_logins(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, codes=True)
    answers = []
    for _login in range(3):
        await enters(client)
        answers += [(await client.post("/login/code", data={"code": "000000"})).status_code for _ in range(4)]

    assert answers == [422] * 10 + [429] * 2


async def test_recovery_code_opens_once_however_it_is_typed(app: Litestar, client: Client) -> None:
    await a_clinic()
    user = await joined(app, codes=True)
    spare = secrets.recovery_code()
    await RecoveryCode.insert(RecoveryCode(user=user, code_hash=secrets.recovery_hash(spare)))
    answers = []
    for _login in range(2):
        await enters(client)
        answers.append(await client.post("/login/code", data={"code": spare.lower().replace("-", " ")}))
        await client.post("/logout")

    assert [answer.status_code for answer in answers] == [303, 422]
    assert await fetch("SELECT count(*) FROM audit_entry WHERE act = 'recovery_used'") == [(1,)]


async def test_owner_sets_up_codes_before_anything_else(app: Litestar, client: Client, partial: bool) -> None:
    await a_clinic()
    user = await joined(app, "owner")
    half = await enters(client, "owner")
    page = await client.get("/login/totp")
    secret, seed = _shown(page.text)

    wrong = await client.post("/login/totp", data={"seed": seed, "code": "000000"}, partial=partial)
    now = pyotp.TOTP(secret).at(int(app.state.clock.real().timestamp()))
    answer = await client.post("/login/totp", data={"seed": seed, "code": now}, partial=partial)

    assert (went(half), wrong.status_code, answer.status_code) == ("/login/totp", 422, 200)
    assert _shown(wrong.text)[0] == secret
    assert 'src="data:image/svg+xml' in page.text
    assert len(re.findall(r"<code>([0-9A-Z-]{29})</code>", answer.text)) == 8
    assert await fetch("SELECT count(*) FROM recovery_code") == [(8,)]
    [(stored,)] = await fetch("SELECT totp_secret FROM staff_user WHERE id = {}", user)
    assert secret not in stored
    assert secrets.unseal(app.state.key, stored) == secret
    assert (await client.get("/desk/me")).status_code == 200


async def test_looking_at_the_picture_changes_nothing(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app, "owner")
    await enters(client, "owner")

    await client.get("/login/totp")

    assert await fetch("SELECT totp_secret FROM staff_user") == [("",)]


async def test_picture_is_for_one_account_and_half_an_hour(app: Litestar, client: Client, clock: FrozenClock) -> None:
    await a_clinic()
    await joined(app, "owner")
    await joined(app, "manager")
    other = Client(app)
    await enters(client, "owner")
    await enters(other, "manager")
    secret, seed = _shown((await client.get("/login/totp")).text)
    form = {"seed": seed, "code": pyotp.TOTP(secret).at(int(clock.real().timestamp()))}

    theirs = await other.post("/login/totp", data=form)
    clock.advance(minutes=31)
    late = await client.post(
        "/login/totp", data={"seed": seed, "code": pyotp.TOTP(secret).at(int(clock.real().timestamp()))}
    )
    forged = await client.post("/login/totp", data={"seed": "gAAAA", "code": form["code"]})

    assert (theirs.status_code, late.status_code, forged.status_code) == (422, 422, 422)
    assert await fetch("SELECT count(*) FROM staff_user WHERE totp_secret <> {}", "") == [(0,)]


async def test_session_of_another_stage_does_not_see_these_pages(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    pages = ("/login/code", "/login/totp", "/login/locked")

    assert [went(await client.get(page)) for page in pages] == ["/login"] * 3
    assert [went(await client.post(page, data={})) for page in pages] == ["/login"] * 3
    await enters(client)
    assert [went(await client.get(page)) for page in pages] == ["/desk"] * 3


def _shown(page: str) -> tuple[str, str]:
    """(secret, sealed seed) of a page with a picture."""
    letters = re.search(r'class="letters"[^>]*>([A-Z2-7 ]+)<', page)
    seed = re.search(r'name="seed" value="([^"]+)"', page)
    assert letters and seed and letters[1].replace(" ", "") != SECRET
    return letters[1].replace(" ", ""), seed[1]
