"""How often somebody may guess, and that nobody is locked out by somebody else's guesses."""

import asyncio
import time

from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.staff_in import enters, joined, went
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.staff.service import limits


async def test_sixth_wrong_password_from_one_address_must_wait(
    app: Litestar, client: Client, clock: FrozenClock
) -> None:
    await a_clinic()
    await joined(app)

    answers = [(await enters(client, password="guess")).status_code for _ in range(6)]
    right = await enters(client)
    clock.advance(minutes=15)

    assert answers == [422] * 5 + [429]
    assert (right.status_code, right.headers["Retry-After"]) == (429, "900")
    assert went(await enters(client)) == "/desk"
    acts = await fetch("SELECT act, count(*) FROM audit_entry GROUP BY act ORDER BY act")
    assert acts == [("login", 1), ("login_failed", 5), ("login_stopped", 1)]


async def test_ten_wrong_passwords_from_one_address_on_any_accounts_must_wait(app: Litestar, client: Client) -> None:
    await a_clinic()

    answers = [(await enters(client, f"nobody-{n}", "guess")).status_code for n in range(12)]

    assert answers == [422] * 10 + [429] * 2


async def test_right_passwords_do_not_use_up_tries(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)

    assert [went(await enters(Client(app))) for _ in range(12)] == ["/desk"] * 12


async def test_strangers_guesses_do_not_lock_out_whoever_has_been_here(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)
    await client.post("/logout")
    stranger = Client(app)
    guesses = [(await enters(stranger, password="guess")).status_code for _ in range(8)]

    assert guesses[-1] == 429
    assert went(await enters(client)) == "/desk"


async def test_guesses_from_many_addresses_are_slowed_but_never_refused(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    crowd = [Client(app, address=f"198.51.100.{n}") for n in range(8)]
    took = []
    for stranger in crowd:
        begun = time.monotonic()
        assert (await enters(stranger, password="guess")).status_code == 422
        took.append(time.monotonic() - begun)

    assert [seconds > limits.SLOWER_SECONDS for seconds in took[5:]] == [True] * 3
    assert went(await enters(Client(app, address="192.0.2.7"))) == "/desk"


async def test_known_browser_may_not_guess_for_ever_either(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)

    answers = [(await enters(client, password="guess")).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


async def test_device_of_one_account_is_a_stranger_to_another(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    await joined(app, "read_only")
    await enters(client)

    answers = [(await enters(client, "read_only", "guess")).status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]


async def test_made_up_device_is_a_stranger(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    client.cookies.set("turnet_device", "invented.AAAAAAAAAAAAAAAAAAAAAA")

    assert [(await enters(client, password="guess")).status_code for _ in range(6)] == [422] * 5 + [429]


async def test_guesses_at_the_same_moment_count_too(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    crowd = [Client(app) for _ in range(12)]

    answers = await asyncio.gather(*(enters(one, password="guess") for one in crowd))

    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 7


async def test_unknown_account_takes_as_long_as_a_wrong_password(app: Litestar, client: Client) -> None:
    """Both hash once; within three times of each other is all that a test on a busy machine can say."""
    await a_clinic()
    await joined(app)
    await enters(client, password="warm up")
    took = {}
    for role in ("reception", "nobody"):
        begun = time.monotonic()
        await enters(Client(app, address=f"198.51.100.{len(took)}"), role, "guess")
        took[role] = time.monotonic() - begun

    assert 1 / 3 < took["nobody"] / took["reception"] < 3
