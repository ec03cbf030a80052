"""One-time links: the first owner, an invitation, a way back in."""

from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import an_account
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch, tx
from turnet.staff import secrets
from turnet.staff.service import links
from turnet.staff.tables import CalendarFeed

PASSWORD = "a red door and a blue roof"
TWICE = {"password": PASSWORD, "again": PASSWORD}


async def a_link(app: Litestar, kind: str, user: int | None = None) -> str:
    async with tx():
        return f"/join/{await links.make(kind, user, app.state.clock.real())}"


async def test_first_owner_is_made_by_a_link_and_must_set_up_codes(
    app: Litestar, client: Client, partial: bool
) -> None:
    await a_clinic()
    link = await links.first_owner(app.state.clock.real())

    page = await client.get(f"/join/{link}")
    answer = await client.post(
        f"/join/{link}", data={"name": "Ona Owner", "email": "Ona@Tuomi.example", **TWICE}, partial=partial
    )

    assert 'name="email"' in page.text
    assert answer.headers["HX-Redirect" if partial else "Location"] == "/login/totp"
    assert await fetch("SELECT email, name, initials, role FROM staff_user") == [
        ("ona@tuomi.example", "Ona Owner", "OO", "owner")
    ]
    assert await fetch("SELECT stage FROM staff_session") == [("totp",)]


async def test_there_is_one_first_owner_whatever_links_were_printed(app: Litestar, client: Client) -> None:
    await a_clinic()
    first, second = [await links.first_owner(app.state.clock.real()) for _ in range(2)]
    await client.post(f"/join/{first}", data={"name": "Ona Owner", "email": "ona@tuomi.example", **TWICE})

    answer = await client.post(f"/join/{second}", data={"name": "Eve Evil", "email": "eve@tuomi.example", **TWICE})

    assert answer.status_code == 404
    assert await links.first_owner(app.state.clock.real()) is None
    assert await fetch("SELECT name FROM staff_user") == [("Ona Owner",)]


async def test_invitation_sets_the_password_once(app: Litestar, client: Client, partial: bool) -> None:
    await a_clinic()
    user = await an_account(app, "reception")
    url = await a_link(app, "invite", user)

    page = await client.get(url)
    answer = await client.post(url, data=TWICE, partial=partial)
    again = await Client(app).post(
        url, data={"password": "another password entirely", "again": "another password entirely"}
    )

    assert "Welcome, Reception" in page.text
    assert answer.headers["HX-Redirect" if partial else "Location"] == "/desk"
    assert again.status_code == 404
    [(stored,)] = await fetch("SELECT password_hash FROM staff_user")
    assert await secrets.matches(PASSWORD, stored)


async def test_invitation_ignores_another_address_and_role(app: Litestar, client: Client) -> None:
    await a_clinic()
    user = await an_account(app, "reception")
    other = await an_account(app, "owner", password_hash="kept")
    url = await a_link(app, "invite", user)

    await client.post(
        url, data={**TWICE, "email": "owner@tuomi.example", "name": "Eve", "role": "owner", "user": other}
    )

    assert await fetch("SELECT email, name, role FROM staff_user ORDER BY id") == [
        ("reception@tuomi.example", "Reception", "reception"), ("owner@tuomi.example", "Owner", "owner"),
    ]  # fmt: skip
    assert await fetch("SELECT password_hash FROM staff_user WHERE id = {}", other) == [("kept",)]


async def test_reset_does_not_get_around_the_code(app: Litestar, client: Client) -> None:
    await a_clinic()
    user = await an_account(app, "reception", totp_secret="sealed")
    url = await a_link(app, "reset", user)

    answer = await client.post(url, data=TWICE)

    assert answer.headers["Location"] == "/login/code"
    assert await fetch("SELECT stage FROM staff_session") == [("code",)]


async def test_reset_ends_all_sessions(app: Litestar, client: Client) -> None:
    await a_clinic()
    user = await an_account(app, "reception", password_hash=await secrets.hashed("what it was before"))
    await client.post("/login", data={"email": "reception@tuomi.example", "password": "what it was before"})

    await Client(app).post(await a_link(app, "reset", user), data=TWICE)

    assert (await client.get("/login")).status_code == 200


async def test_reset_revokes_calendar_addresses(app: Litestar, client: Client, clock: FrozenClock) -> None:
    """Whoever had the account before may have made one."""
    await a_clinic()
    user = await an_account(app, "reception")
    feed = {"public_id": "f" * 22, "user": user, "token_hash": "h", "scope": "full", "made_at": clock.real()}
    await CalendarFeed.insert(CalendarFeed(**feed))

    await client.post(await a_link(app, "reset", user), data=TWICE)

    assert await fetch("SELECT revoked_at FROM calendar_feed") == [(clock.real(),)]


async def test_link_is_dead_after_its_time_and_for_a_disabled_account(
    app: Litestar, client: Client, clock: FrozenClock
) -> None:
    await a_clinic()
    user = await an_account(app, "reception")
    url = await a_link(app, "invite", user)
    before = await client.get(url)
    await fetch("UPDATE staff_user SET disabled_at = {} WHERE id = {} RETURNING id", clock.real(), user)
    disabled = await client.get(url)
    await fetch("UPDATE staff_user SET disabled_at = NULL WHERE id = {} RETURNING id", user)
    clock.advance(days=7)

    assert [before.status_code, disabled.status_code, (await client.get(url)).status_code] == [200, 404, 404]


async def test_what_is_wrong_is_said_beside_its_field(app: Litestar, client: Client, partial: bool) -> None:
    await a_clinic()
    link = await links.first_owner(app.state.clock.real())

    answer = await client.post(
        f"/join/{link}", data={"name": "", "email": "ona", "password": "short", "again": "short"}, partial=partial
    )
    different = await client.post(
        f"/join/{link}",
        data={"name": "Ona", "email": "ona@tuomi.example", "password": PASSWORD, "again": "x"}, partial=partial,
    )  # fmt: skip

    assert answer.status_code == different.status_code == 422
    assert [f'id="{name}-error"' in answer.text for name in ("name", "email", "password")] == [True] * 3
    assert 'id="again-error"' in different.text
    assert PASSWORD not in different.text
    assert await fetch("SELECT count(*) FROM staff_user") == [(0,)]


async def test_guessing_links_is_held_back(app: Litestar, client: Client) -> None:
    await a_clinic()

    answers = [(await client.get(f"/join/{n}" + "x" * 40)).status_code for n in range(22)]

    assert answers == [404] * 20 + [429] * 2


async def test_link_page_tells_nobody_where_it_lies(app: Litestar, client: Client) -> None:
    await a_clinic()
    link = await links.first_owner(app.state.clock.real())

    headers = (await client.get(f"/join/{link}")).headers

    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert "noindex" in headers["x-robots-tag"]
