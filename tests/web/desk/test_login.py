"""Logging in by password, being sent to the door, and leaving."""

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import an_account
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.ids import token_hash
from turnet.staff import secrets
from turnet.staff.tables import StaffSession

PASSWORD = "a red door and a blue roof"
COOKIE = "turnet_staff"


async def somebody(app: Litestar, role: str = "reception", **more: object) -> int:
    await a_clinic()
    return await an_account(app, role, password_hash=await secrets.hashed(PASSWORD), **more)


async def test_right_password_opens_the_desk(app: Litestar, client: Client, partial: bool) -> None:
    user = await somebody(app)

    answer = await client.post(
        "/login", data={"email": " Reception@Tuomi.example", "password": PASSWORD}, partial=partial
    )

    assert (answer.status_code, answer.headers["HX-Redirect" if partial else "Location"]) == (
        204 if partial else 303,
        "/desk",
    )
    token = client.cookies[COOKIE]
    assert await fetch('SELECT "user", stage, token_hash FROM staff_session') == [(user, "full", token_hash(token))]
    assert await fetch("SELECT actor, act, staff FROM audit_entry") == [(f"staff:{user}", "login", user)]


async def test_wrong_password_unknown_address_and_disabled_account_get_one_answer(
    app: Litestar, client: Client, partial: bool
) -> None:
    await somebody(app, disabled_at=app.state.clock.real())
    await an_account(app, "manager", password_hash=await secrets.hashed(PASSWORD))
    await an_account(app, "read_only")
    tries = [
        ("reception@tuomi.example", PASSWORD), ("nobody@tuomi.example", PASSWORD), ("manager@tuomi.example", "guess"),
        ("read_only@tuomi.example", ""),
    ]  # fmt: skip

    answers = [
        await client.post("/login", data={"email": email, "password": password}, partial=partial)
        for email, password in tries
    ]

    assert {answer.status_code for answer in answers} == {422}
    pages = {answer.text.replace(email, "") for answer, (email, _) in zip(answers, tries, strict=True)}
    assert len(pages) == 1
    assert "do not belong together" in pages.pop()
    assert PASSWORD not in answers[0].text
    assert await fetch("SELECT count(*) FROM staff_session") == [(0,)]
    assert await fetch("SELECT act, count(*) FROM audit_entry GROUP BY act") == [("login_failed", 4)]


async def test_login_replaces_the_session_that_the_browser_had(app: Litestar, client: Client) -> None:
    await somebody(app)
    form = {"email": "reception@tuomi.example", "password": PASSWORD}
    await client.post("/login", data=form)
    first = client.cookies[COOKIE]

    await client.post("/login", data=form)

    assert first != client.cookies[COOKIE]
    assert await fetch("SELECT token_hash FROM staff_session") == [(token_hash(client.cookies[COOKIE]),)]


async def test_logging_out_ends_the_session_and_takes_the_cookie(app: Litestar, client: Client, partial: bool) -> None:
    await somebody(app)
    await client.post("/login", data={"email": "reception@tuomi.example", "password": PASSWORD})

    answer = await client.post("/logout", partial=partial)

    assert answer.headers["HX-Redirect" if partial else "Location"] == "/login"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert COOKIE not in client.cookies
    assert await StaffSession.count() == 0


async def test_logging_out_twice_is_no_trouble(app: Litestar, client: Client) -> None:
    await somebody(app)

    assert (await client.post("/logout")).status_code == 303


async def test_cookie_is_for_this_site_over_https_and_no_script(app: Litestar, client: Client) -> None:
    await somebody(app)
    answer = await client.post("/login", data={"email": "reception@tuomi.example", "password": PASSWORD})

    cookies = [text.lower() for text in answer.headers.get_list("set-cookie")]
    assert [all(part in text for part in ("httponly", "samesite=lax")) for text in cookies] == [True, True]
    assert "path=/;" in cookies[0] + ";"


async def test_look_without_a_session_is_sent_to_the_door_and_back(app: Litestar, client: Client) -> None:
    await somebody(app)

    away = await client.get("/desk/live?day=2026-12-03")
    door = await client.get(away.headers["Location"])
    form = {"email": "reception@tuomi.example", "password": PASSWORD, "next": "/desk/live?day=2026-12-03"}

    assert (away.status_code, away.headers["Location"]) == (303, "/login?next=%2Fdesk%2Flive%3Fday%3D2026-12-03")
    assert 'value="/desk/live?day=2026-12-03"' in door.text
    assert (await client.post("/login", data=form)).headers["Location"] == "/desk/live?day=2026-12-03"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/desk", "//evil.example/desk", "/\\evil.example", "/desk//evil", "/desk/..//x", "/en/",
        "/desk\r\nX: y", "javascript:alert(1)", "/desk@evil.example", "/deskx",
    ],
)  # fmt: skip
async def test_next_page_is_never_anywhere_else(app: Litestar, client: Client, elsewhere: str) -> None:
    await somebody(app)

    answer = await client.post(
        "/login", data={"email": "reception@tuomi.example", "password": PASSWORD, "next": elsewhere}
    )

    assert answer.headers["Location"] == "/desk"


async def test_session_ends_after_twelve_idle_hours_and_thirty_days(
    app: Litestar, client: Client, clock: FrozenClock
) -> None:
    await somebody(app)
    await client.post("/login", data={"email": "reception@tuomi.example", "password": PASSWORD})

    async def let_in() -> bool:
        return (await client.get("/login")).headers.get("Location") == "/desk"

    for _half_day in range(60):
        clock.advance(hours=11.99)
        await StaffSession.update({StaffSession.seen_at: clock.real()}, force=True)
        assert await let_in()
    clock.advance(hours=12)
    assert not await let_in()


async def test_session_is_idle_after_twelve_hours(app: Litestar, client: Client, clock: FrozenClock) -> None:
    await somebody(app)
    await client.post("/login", data={"email": "reception@tuomi.example", "password": PASSWORD})
    clock.advance(hours=11, minutes=59)
    before = await client.get("/login")
    clock.advance(minutes=1)
    after = await client.get("/login")

    assert (before.status_code, after.status_code) == (303, 200)
