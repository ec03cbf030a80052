"""Those who manage accounts: inviting, changing, disabling; and what nobody may do."""

import re
from typing import Any

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs, an_account
from tests.web.desk.staff_in import PASSWORD, enters, joined, went
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch

TWICE = {"password": PASSWORD, "again": PASSWORD}
REA = {"name": "Rea Salo", "email": "rea@tuomi.example", "role": "reception", "language": "fi"}


async def public_id(user: int) -> str:
    return str((await fetch("SELECT public_id FROM staff_user WHERE id = {}", user))[0][0])


async def everything() -> list[Any]:
    columns = "role, practitioner, all_diaries, disabled_at, password_hash, totp_secret"
    tables = (
        f"staff_user ORDER BY id|{columns}",
        "staff_session ORDER BY id|token_hash",
        "staff_link ORDER BY id|token_hash",
    )
    return [await fetch(f"SELECT {cells} FROM {table}") for table, _, cells in (one.partition("|") for one in tables)]


async def test_invited_person_comes_in_by_the_link(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    owner = await signs_in("owner")

    answer = await owner.post("/admin/staff/new", data=REA, partial=partial)
    [link] = re.findall(r"http://[^<\s]+(/join/[\w-]+)", answer.text)
    listed = await owner.get("/admin/staff")
    rea = Client(app)
    joined_ = await rea.post(link, data=TWICE)

    assert answer.status_code == 200
    assert "invited, has not come yet" in listed.text
    assert went(joined_) == "/desk"
    assert await fetch("SELECT name, role, language FROM staff_user WHERE email = 'rea@tuomi.example'") == [
        ("Rea Salo", "reception", "en")  # the language of the browser that took up the link
    ]
    assert await fetch("SELECT act FROM audit_entry ORDER BY id") == [("invited",), ("joined",), ("login",)]


async def test_address_that_has_an_account_is_refused_and_untouched(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    await joined(app)
    before = await everything()

    answer = await owner.post("/admin/staff/new", data={**REA, "email": "RECEPTION@tuomi.example"}, partial=partial)

    assert answer.status_code == 422
    assert "There is an account with this address already." in answer.text
    assert 'value="Rea Salo"' in answer.text
    assert await everything() == before


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"name": ""}, "name"), ({"email": "rea"}, "email"), ({"role": "boss"}, "role"), ({"role": ""}, "role"),
        ({"role": "practitioner"}, "practitioner"), ({"practitioner": "nobody"}, "practitioner"),
    ],
)  # fmt: skip
async def test_wrong_invitation_makes_nobody(app: Litestar, signs_in: Signs, form: dict[str, str], wrong: str) -> None:
    await a_clinic()
    owner = await signs_in("owner")

    answer = await owner.post("/admin/staff/new", data=REA | form)

    assert answer.status_code == 422
    assert f'id="{wrong}-error"' in answer.text
    assert await fetch("SELECT count(*) FROM staff_user") == [(1,)]


async def test_manager_reaches_everybody_but_owners(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    manager = await signs_in("manager")
    owner = await public_id(await an_account(app, "owner", password_hash="x"))
    rea = await public_id(await an_account(app, "reception"))
    before = await everything()
    acts = ["", "/disable", "/enable", "/end", "/clear", "/link"]

    to_owner = [
        (await manager.post(f"/admin/staff/{owner}{act}", data={"role": "reception"})).status_code for act in acts
    ]
    make_owner = [
        await manager.post("/admin/staff/new", data=REA | {"role": "owner"}),
        await manager.post(f"/admin/staff/{rea}", data={"role": "owner"}),
    ]

    assert to_owner == [404] * 6
    assert [answer.status_code for answer in make_owner] == [404, 404]
    assert (await manager.get(f"/admin/staff/{owner}")).status_code == 404
    assert 'value="owner"' not in (await manager.get("/admin/staff/new")).text
    assert await everything() == before
    assert (await manager.post(f"/admin/staff/{rea}", data={"role": "read_only"})).status_code == 303


@pytest.mark.parametrize("role", ["reception", "practitioner", "read_only"])
async def test_others_do_not_see_accounts(app: Litestar, signs_in: Signs, role: str) -> None:
    await a_clinic()
    somebody = await signs_in(role)
    before = await everything()

    answers = [
        await somebody.get("/admin/staff"), await somebody.get("/admin/staff/new"),
        await somebody.post("/admin/staff/new", data=REA), await somebody.post("/admin/staff/codes", data={"required": "0"}),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404] * 4
    assert await everything() == before


async def test_manager_does_not_set_the_policy_of_codes(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()

    assert (await (await signs_in("manager")).post("/admin/staff/codes", data={"required": "0"})).status_code == 404
    assert await fetch("SELECT staff_totp FROM clinic") in ([(True,)], [(1,)])


async def test_disabled_person_is_out_at_once_and_comes_back(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    owner, rea = await signs_in("owner"), Client(app)
    url = f"/admin/staff/{await public_id(await joined(app))}"
    await enters(rea)

    out = await owner.post(f"{url}/disable", partial=partial)
    looks = [went(await rea.get("/desk/me")), (await enters(rea)).status_code]
    back = await owner.post(f"{url}/enable", partial=partial)

    assert (went(out), went(back)) == ("/admin/staff?done=disabled", "/admin/staff?done=enabled")
    assert looks == ["/login?next=%2Fdesk%2Fme", 422]
    assert went(await enters(rea)) == "/desk"


async def test_another_role_ends_the_sessions(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    owner, rea = await signs_in("owner"), Client(app)
    user = await joined(app)
    await enters(rea)

    answer = await owner.post(
        f"/admin/staff/{await public_id(user)}",
        data={"role": "practitioner", "practitioner": "sanna", "all_diaries": "1"}, partial=partial,
    )  # fmt: skip

    assert went(answer) == "/admin/staff?done=changed"
    assert went(await rea.get("/desk/me")) == "/login?next=%2Fdesk%2Fme"
    assert await fetch("SELECT facts FROM audit_entry WHERE act = 'role_changed'") == [
        ('{"before": "reception", "after": "practitioner"}',)
    ]


async def test_nobody_changes_or_disables_oneself(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    me = await public_id(1)
    await an_account(app, "reception")

    answers = [
        await owner.post(f"/admin/staff/{me}", data={"role": "reception"}), await owner.post(f"/admin/staff/{me}/disable"),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await fetch("SELECT role FROM staff_user WHERE id = 1") == [("owner",)]


async def test_lost_telephone_is_forgotten_and_must_be_set_up_again(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner, manager = await signs_in("owner"), Client(app)
    user = await joined(app, "manager", codes=True)

    answer = await owner.post(f"/admin/staff/{await public_id(user)}/clear")

    assert went(answer) == "/admin/staff?done=cleared"
    assert went(await enters(manager, "manager")) == "/login/totp"


async def test_link_for_a_new_password_replaces_the_one_before(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    url = f"/admin/staff/{await public_id(await joined(app))}/link"

    first, second = [re.findall(r"(/join/[\w-]+)", (await owner.post(url)).text)[0] for _ in range(2)]

    visitor = Client(app)
    assert [(await visitor.get(link)).status_code for link in (first, second)] == [404, 200]


async def test_policy_of_codes_reaches_managers_at_work(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    owner, manager = await signs_in("owner", totp_secret="sealed"), await signs_in("manager")
    off = await owner.post("/admin/staff/codes", data={"required": "0"}, partial=partial)
    working = (await manager.get("/desk/me")).status_code

    on = await owner.post("/admin/staff/codes", data={"required": "1"}, partial=partial)

    assert (went(off), working, went(on)) == ("/admin/staff?done=policy", 200, "/admin/staff?done=policy")
    assert went(await manager.get("/desk/me")) == "/login/totp?next=%2Fdesk%2Fme"
    assert (await owner.get("/desk/me")).status_code == 200


async def test_acts_on_accounts_ask_for_the_password_again(
    app: Litestar, client: Client, clock: FrozenClock, partial: bool
) -> None:
    await a_clinic()
    await joined(app, "manager")
    await fetch("UPDATE clinic SET staff_totp = {} WHERE id = 1 RETURNING id", False)
    await enters(client, "manager")
    rea = f"/admin/staff/{await public_id(await an_account(app, 'reception'))}"
    clock.advance(minutes=15)
    before = await everything()
    acts = [("/admin/staff/new", REA), (rea, {"role": "read_only"})]
    acts += [(f"{rea}/{act}", {}) for act in ("disable", "enable", "end", "clear", "link")]

    answers = [await client.post(url, data=form, partial=partial) for url, form in acts]

    assert [answer.status_code for answer in answers] == [422] * 7
    assert ['id="current-error"' in answer.text for answer in answers] == [True] * 7
    assert await everything() == before
    done = await client.post(f"{rea}/disable", data={"current": PASSWORD}, partial=partial)
    assert went(done) == "/admin/staff?done=disabled"


async def test_unknown_account_and_act_are_not_there(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    me = await public_id(1)

    answers = [await owner.post(f"/admin/staff/{path}") for path in ("nobody", "nobody/disable", f"{me}/delete")]

    assert [answer.status_code for answer in answers] == [404] * 3
