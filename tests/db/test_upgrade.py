"""A filled database of every landed step becomes today's, and what patients hold in their hands still works."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.data.upgrades.make import KEY
from tests.data.upgrades.steps import STEPS, put_back
from tests.factories import TUESDAY, at
from turnet.booking import queries, service
from turnet.booking.model import Act, Wish, visit_token
from turnet.clinic.queries import load
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import standing
from turnet.db.engine import AnyEngine, PgEngine, bind, engine_for
from turnet.db.start import migrate, pending
from turnet.db.transactions import fetch
from turnet.errors import SlotTaken
from turnet.feedback.model import Survey
from turnet.feedback.queries import comments, survey
from turnet.messaging.refusals import opted_out, suspended
from turnet.messaging.texting import Policy, policy
from turnet.patients.queries import search
from turnet.reminders import service as reminders
from turnet.reminders.queries import active_rounds
from turnet.reports.queries import baseline
from turnet.settings import Settings
from turnet.staff.queries import session_of


@pytest.fixture(params=STEPS)
def old(request: pytest.FixtureRequest, settings: Settings, loop: asyncio.Runner) -> Iterator[AnyEngine]:
    """The engine on a database as that step left it, not yet upgraded."""
    loop.run(put_back(settings, request.param))
    engine = engine_for(settings)
    bind(engine)
    loop.run(engine.start_connection_pool())
    yield engine
    loop.run(engine.close_connection_pool())


async def test_filled_database_upgrades_and_keeps_its_promises(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    assert await pending(old) == []
    coming = "SELECT state <> 'cancelled', count(*) FROM booking WHERE door = 'web' GROUP BY 1 ORDER BY 1"
    assert [(bool(state), count) for state, count in await fetch(coming)] == [(False, 1), (True, 8)]
    [(public_id, reference)] = await fetch("SELECT public_id, reference FROM booking WHERE once = {}", "form-0")
    visit = await queries.visit_by_token(visit_token(KEY, public_id, 1))
    assert (visit.reference, visit.sequence) == (reference, 1)


async def test_upgraded_diary_still_refuses_a_taken_time(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)
    clinic = await load()
    assert clinic is not None
    act = Act(now=TUESDAY + timedelta(minutes=1), real=TUESDAY, key=KEY, limited=False)
    wish = Wish(clinic.services["check-up"].id, at("2026-12-08T09:00+02:00"))

    await service.hold(act, clinic, wish, "b" * 64)
    with pytest.raises(SlotTaken):
        await service.hold(act, clinic, wish, "c" * 64)


async def test_guard_survives_the_upgrade(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    named = (
        "SELECT conname FROM pg_constraint WHERE conname = {}"
        if isinstance(old, PgEngine)
        else ("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name = {} || '_insert'")
    )
    assert len(await fetch(named, "occupancy_no_overlap")) == 1


async def test_visits_that_were_booked_before_are_reminded_once(old: AnyEngine, settings: Settings) -> None:
    """Whether the older turnet knew of reminders or not."""
    await migrate(old, settings)

    await reminders.plan(TUESDAY)

    assert await fetch("SELECT booking, visit_no, rule FROM step WHERE booking <= 9 ORDER BY booking") == [
        (1, 2, "two_days"),
        (3, 1, "two_days"),
        (4, 1, "one_day"),
        (5, 1, "two_days"),
        (6, 1, "one_day"),
        (7, 1, "two_days"),
        (8, 1, "one_day"),
        (9, 1, "two_days"),
    ]


@pytest.mark.parametrize("old", ["0005"], indirect=True)
async def test_what_became_of_reminders_reports_and_incidents_is_kept(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    assert await fetch("SELECT state, count(*) FROM step GROUP BY state ORDER BY state") == [
        ("taken", 2),
        ("waiting", 6),
    ]
    assert await fetch("SELECT count(*) FROM step s JOIN message m ON m.id = s.message WHERE m.kind = 'reminder'") == [
        (2,)
    ]
    assert await fetch("SELECT state, provider_id, parts, reported_at FROM message WHERE parts IS NOT NULL") == [
        ("delivered", "gateway-1", 2, TUESDAY)
    ]
    assert await fetch("SELECT name, ended_at FROM incident ORDER BY name") == [("backup", None), ("disk", TUESDAY)]
    assert await fetch("SELECT sending_held_at FROM clinic") == [(None,)]


@pytest.mark.parametrize("old", ["0009"], indirect=True)
async def test_what_the_desk_wrote_is_kept(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    assert await fetch("SELECT state, overbooked, desk_note FROM booking WHERE door = 'phone' ORDER BY id") == [
        ("arrived", False, "Waits outside"),
        ("booked", True, ""),
        ("booked", False, ""),
        ("booked", False, ""),
    ]
    session = await session_of("session", TUESDAY)
    assert session is not None and (session.staff.name, session.stage) == ("Rea Reception", "full")
    found = await search("040 0000 777", region="FI", now=TUESDAY)
    assert [(one.name, one.phone) for one in found] == [("Dana Levi", "+358400000777")]
    clinic = await load()
    assert clinic is not None
    assert [visit.patient_name for visit, *_ in await queries.affected(clinic, TUESDAY)] == ["Seri Es"]
    [(acts,)] = await fetch("SELECT count(*) FROM audit_entry")
    assert acts == 9


@pytest.mark.parametrize("old", ["0014"], indirect=True)
async def test_what_was_said_is_kept(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    assert await fetch("SELECT state FROM booking WHERE id = 4") == [("confirmed",)]
    assert await fetch("SELECT text, state, outcome FROM inbound ORDER BY id") == [
        ("1", "done", "confirmed"),
        ("Voinko tulla myöhemmin?", "new", ""),
    ]
    [question] = await standing("+358400000005", "", states=("open",))
    assert (question.kind, question.visits) == (Asked.CONFIRM, (6,))
    assert await fetch("SELECT phone, state, why FROM conversation") == [("+358400000005", "open", "unclear")]
    assert [(one.name, one.answers) for one in await active_rounds()] == [("two_days", False), ("one_day", True)]
    assert await opted_out("+358400000003", "offers")
    assert await suspended("gone@tuomi.example") is not None
    assert (await policy(), await survey()) == (Policy(7_900, 3_000), Survey(sample=50))
    assert (await baseline()).no_shows == 32
    [one] = await comments(TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=1))
    assert (one.score, one.text) == (9, "Ystävällinen vastaanotto")
