"""SMS that nobody can make us pump out, and a month that costs no more than it may."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.db.messaging.acts import a_booking, book, rows
from tests.factories import a_clinic
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.messaging import limits, outbox
from turnet.messaging.deliver import Deliverer, deliverer, drain
from turnet.messaging.limits import SPENT, TOO_ALIKE, TOO_OFTEN
from turnet.messaging.texting import ABROAD, Policy, budget_share, decide, policy
from turnet.settings import Settings


def texts(public: Settings) -> list[str]:
    """To whom each SMS went."""
    file = public.data / "outbox" / "sms.jsonl"
    return [json.loads(line)["to"] for line in file.read_text().splitlines()] if file.exists() else []


async def _write(kind: str, clinic: Clinic, clock: FrozenClock, number: int = 0, phone: str = "+358401234567") -> None:
    """One SMS of a kind that needs no visit of a certain state."""
    visit = await a_booking(clinic, clock, email="", phone=phone)
    async with tx():
        await outbox.add(
            kind, channel="sms", recipient=phone, language="en", dedupe=f"{kind}:{visit.id}:{number}",
            due_at=clock.now(), not_after=clock.now() + timedelta(days=1), now=clock.now(), booking=visit.id,
            facts={"text": "Your crown is here.", "start": visit.starts_at.isoformat(), "visits": [visit.id]},
        )  # fmt: skip


async def _outcomes() -> list[tuple[str, str | None]]:
    return await rows("state", "error")


# --- countries


async def test_a_number_abroad_gets_no_sms_and_the_booking_stands(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock, email="", phone="+23276123456", by_staff=True)

    await drain(deliverer(public, clock))

    assert (texts(public), await _outcomes()) == ([], [("skipped", ABROAD)])


async def test_control_in_a_country_that_the_clinic_allows_it_leaves(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await decide(Policy(countries=("FI", "SL")))
    await book(await a_clinic(), clock, email="", phone="+23276123456", by_staff=True)

    await drain(deliverer(public, clock))

    assert texts(public) == ["+23276123456"]


# --- one number, and many alike


async def test_the_fourth_within_ten_minutes_waits_and_the_sixth_of_a_day_never_leaves(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic, sending = await a_clinic(), deliverer(public, clock)
    for _ in range(4):
        await book(clinic, clock, email="", door="web")
    await drain(sending)
    assert len(texts(public)) == 3
    assert ("queued", TOO_OFTEN) in await _outcomes()

    clock.advance(minutes=11)
    await book(clinic, clock, email="", door="web")
    await book(clinic, clock, email="", door="web")
    await drain(sending)

    assert len(texts(public)) == 5
    assert [state for state, error in await _outcomes() if error == TOO_OFTEN and state == "skipped"] == ["skipped"]


async def test_control_without_limits_all_leave(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    for _ in range(6):
        await book(clinic, clock, email="", door="web")

    await drain(deliverer(replace(public, limits="off"), clock))

    assert len(texts(public)) == 6


async def test_what_the_desk_books_by_telephone_is_not_limited(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    for _ in range(7):
        await book(clinic, clock, email="", door="phone", by_staff=True)

    await drain(deliverer(public, clock))

    assert len(texts(public)) == 7


async def test_eleven_new_numbers_that_look_alike_are_ten_too_many(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    for number in range(12):
        await book(clinic, clock, email="", phone=f"+3584012345{number:02}", door="web")

    await drain(deliverer(public, clock))

    assert len(texts(public)) == limits.ALIKE
    assert [error for state, error in await _outcomes() if state == "queued"] == [TOO_ALIKE] * 2


@pytest.mark.parametrize("kind", sorted(limits.UNASKED))
@pytest.mark.parametrize("limited", [True, False], ids=["protected", "control"])
async def test_forged_numbers_of_every_sort_get_so_many_an_hour_together(
    engine: AnyEngine,
    public: Settings,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    *,
    limited: bool,
) -> None:
    monkeypatch.setattr(limits, "STRANGERS", 3)
    await a_clinic()
    async with tx():
        for number in range(5):
            await outbox.add(
                kind, channel="sms", recipient=f"+35840{number}234567", language="en", dedupe=f"{number}",
                due_at=clock.now(), not_after=clock.now() + timedelta(hours=1), now=clock.now(),
                facts={"link": "https://tuomi.example/en/", "visits": []},
            )  # fmt: skip

    await drain(deliverer(replace(public, limits="on" if limited else "off"), clock))

    assert len(texts(public)) == (3 if limited else 5)
    assert [error for state, error in await _outcomes() if state == "skipped"] == [limits.TOO_MANY] * (
        2 if limited else 0
    )


@pytest.mark.parametrize("limited", [True, False], ids=["protected", "control"])
async def test_forged_numbers_of_patients_get_so_many_answers_an_hour_together(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, *, limited: bool
) -> None:
    """Of every kind; what the desk writes meanwhile is not among them."""
    monkeypatch.setattr(limits, "ANSWERS", 4)
    clinic, sending = await a_clinic(), deliverer(replace(public, limits="on" if limited else "off"), clock)
    for number, kind in enumerate(["answer_confirmed", "answer_here"] * 3 + ["desk_message"]):
        await _write(kind, clinic, clock, number, phone=f"+35840{number}234567")
    await drain(sending)
    assert len(texts(public)) == (5 if limited else 7)

    clock.advance(minutes=61)
    await _write("answer_confirmed", clinic, clock, 9)
    await drain(sending)

    assert len(texts(public)) == (6 if limited else 8)
    assert [error for _, error in await _outcomes() if error] == [limits.TOO_MANY] * (2 if limited else 0)


@pytest.mark.parametrize("kind", sorted(limits.TOLD))
@pytest.mark.parametrize("before", [True, False], ids=["written to", "control"])
async def test_whoever_we_wrote_to_hears_what_has_become_otherwise_however_many_there_are(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, kind: str, *, before: bool
) -> None:
    """Somebody who forges STOP, or moves a visit, cannot have its answer drown among others."""
    monkeypatch.setattr(limits, "ANSWERS", 0)
    monkeypatch.setattr(limits, "STRANGERS", 0)
    clinic, sending = await a_clinic(), deliverer(public, clock)
    if before:
        await _write("desk_message", clinic, clock)
        await drain(sending)
    await _write(kind, clinic, clock)

    await drain(sending)

    assert len(texts(public)) == (2 if before else 0)


async def test_numbers_known_for_longer_are_not_suspected(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic, sending = await a_clinic(), deliverer(public, clock)
    for number in range(10):
        await book(clinic, clock, email="", phone=f"+3584012345{number:02}", door="web")
    await drain(sending)
    clock.advance(hours=2)
    for number in range(12):
        await book(clinic, clock, email="", phone=f"+3584012345{number:02}", door="web")

    await drain(sending)

    assert len(texts(public)) == 22


# --- money


async def _broke(clinic: Clinic, clock: FrozenClock, public: Settings) -> Deliverer:
    """A budget of 10 cents, used up by two SMS of 8 cents."""
    await decide(Policy(price=8000, budget=10))
    for number in range(2):
        await _write("desk_message", clinic, clock, number)
    sending = deliverer(public, clock)
    await drain(sending)
    return sending


async def test_what_an_sms_costs_is_written_down(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    await _broke(await a_clinic(), clock, public)

    assert await rows("state", "parts", "cost") == [("sent", 1, 8000), ("sent", 1, 8000)]


async def test_without_a_price_nothing_is_said_of_costs(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await _write("desk_message", await a_clinic(), clock)

    await drain(deliverer(public, clock))

    assert await rows("state", "cost") == [("sent", None)]


@pytest.mark.parametrize(("kind", "leaves"), [("booking_confirmed", False), ("desk_message", True)])
async def test_a_spent_budget_stops_what_can_wait_and_nothing_else(
    engine: AnyEngine, public: Settings, clock: FrozenClock, kind: str, leaves: bool
) -> None:
    clinic = await a_clinic()
    sending = await _broke(clinic, clock, public)

    await _write(kind, clinic, clock, 9, phone="+358407654321")
    await drain(sending)

    assert (texts(public)[2:], SPENT in [error for _, error in await _outcomes()]) == (
        (["+358407654321"], False) if leaves else ([], True)
    )


@pytest.mark.parametrize(("budget", "leaves"), [(10, False), (1000, True)], ids=["spent", "control"])
async def test_a_budget_counts_from_the_next_sms_on(
    engine: AnyEngine, public: Settings, clock: FrozenClock, budget: int, *, leaves: bool
) -> None:
    """However lately the same process has looked: a missed call left a second after the budget was set."""
    clinic, sending = await a_clinic(), deliverer(public, clock)
    await decide(Policy(price=8000))
    for number in range(2):
        await _write("desk_message", clinic, clock, number)
    await drain(sending)

    await decide(Policy(price=8000, budget=budget))
    async with tx():
        await outbox.add(
            "missed_call", channel="sms", recipient="+358407654321", language="en", dedupe="m", due_at=clock.now(),
            not_after=clock.now() + timedelta(hours=1), now=clock.now(), facts={"link": "https://tuomi.example/en/"},
        )  # fmt: skip
    await drain(sending)

    assert (texts(public)[2:], SPENT in [error for _, error in await _outcomes()]) == (
        (["+358407654321"], False) if leaves else ([], True)
    )


async def test_a_month_that_the_demos_clock_leaps_into_has_its_own_budget(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    sending = await _broke(clinic, clock, public)
    real = clock.real()

    await sending.purse.look(clinic, now=clock.now(), real=real)
    assert sending.purse.empty
    await sending.purse.look(clinic, now=clock.now() + timedelta(days=31), real=real)
    assert not sending.purse.empty


async def test_how_much_is_spent_is_known_to_whoever_watches(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    assert await budget_share(clock.now()) is None

    await _broke(await a_clinic(), clock, public)

    assert await budget_share(clock.now()) == 1.6


async def test_a_new_month_has_a_new_budget(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sending = await _broke(clinic, clock, public)
    clock.advance(days=31)

    await book(clinic, clock, email="", phone="+358407654321", starts_at=clock.now() + timedelta(days=2))
    await drain(sending)

    assert texts(public)[2:] == ["+358407654321"]


async def test_another_process_learns_what_was_spent(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await _broke(clinic, clock, public)

    await book(clinic, clock, email="", phone="+358407654321")
    await drain(deliverer(public, clock))

    assert SPENT in [error for _, error in await _outcomes()]


# --- deciding


async def test_a_decision_is_kept_and_replaced(engine: AnyEngine) -> None:
    await decide(Policy(price=7900, budget=3000, countries=("FI", "SE")))
    assert await policy() == Policy(7900, 3000, ("FI", "SE"))

    await decide(Policy())
    assert await policy() == Policy()


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        (Policy(price=-1), {"price": "out_of_range"}),
        (Policy(budget=10**10), {"budget": "out_of_range"}),
        (Policy(countries=("FI", "XX")), {"countries": "unknown"}),
    ],
)
async def test_a_decision_that_makes_no_sense_changes_nothing(
    engine: AnyEngine, wanted: Policy, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await decide(wanted)

    assert (refusal.value.fields, await fetch("SELECT count(*) FROM texting")) == (wrong, [(0,)])
