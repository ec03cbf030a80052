"""The made-up clinic is whole, looks real, has room for whoever tries it, and comes out the same every time."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.db.demo.conftest import KEY, MadeUp, StoodClock
from turnet.booking.model import visit_token
from turnet.booking.queries import free_times, visit_by_token
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.db.engine import bind, engine_for
from turnet.db.start import migrate
from turnet.db.transactions import fetch, tx
from turnet.demo.data import fill
from turnet.demo.mailbox import items
from turnet.errors import Invalid
from turnet.messaging.compose import Composer
from turnet.reminders.queries import active_rounds
from turnet.reminders.rules import Planned, duties
from turnet.reminders.service import plan, rest_of, take_due
from turnet.scheduling.hours import local, local_day, sessions
from turnet.settings import Settings

pytestmark = pytest.mark.slow

TODAY = date(2026, 12, 1)


def _workdays(clinic: Clinic) -> list[date]:
    """Coming days on which most of the clinic is in."""
    days = [TODAY + timedelta(days=n) for n in range(1, 8 * 7)]
    people = [who.id for who in clinic.practitioners.values()]
    return [day for day in days if sum(bool(sessions(clinic.setup, who, day)) for who in people) >= 3]


async def test_clinic_has_the_promised_size(demo: Clinic, made_up: MadeUp) -> None:
    clinic, lang = demo, made_up.lang
    sizes = [len(part) for part in (clinic.locations, clinic.practitioners, clinic.rooms, clinic.services)]
    assert sizes == [2, 5, 4, 8]
    assert [service.slug for service in clinic.services.values() if service.urgent] == ["urgent"]
    assert (clinic.default_language, sorted(clinic.languages)) == (lang, ["en", "fi", "he"])
    assert await fetch("SELECT count(*) FROM patient") == [(300,)]
    where = (clinic.setup.zone, clinic.region, clinic.currency)
    assert where == (("Asia/Jerusalem", "IL", "ILS") if lang == "he" else ("Europe/Helsinki", "FI", "EUR"))
    shortest, *_others, longest = sorted(clinic.services.values(), key=lambda service: service.rules.minutes)
    assert set(shortest.rules.practitioners) & set(longest.rules.practitioners) != set()


async def test_every_service_has_several_free_times_on_most_coming_workdays_some_around_noon(
    demo: Clinic, demo_clock: StoodClock
) -> None:
    clinic = demo
    workdays = _workdays(clinic)
    last = TODAY + timedelta(days=8 * 7)

    assert len(workdays) >= 30
    for service in clinic.services.values():
        starts: dict[date, list[int]] = {}
        for slot in await free_times(clinic, service.id, TODAY, last, now=demo_clock.now()):
            day, wall = local(clinic.setup.zone, slot.start)
            starts.setdefault(day, []).append(wall)
        several = [day for day in workdays if len(starts.get(day, [])) >= 3]
        noon = [day for day in workdays if any(600 <= wall < 840 for wall in starts.get(day, []))]
        assert (service.slug, len(several) > len(workdays) * 0.85, len(noon) > len(workdays) * 0.85) == (
            service.slug, True, True,
        )  # fmt: skip


async def test_visits_reach_twelve_weeks_back_and_eight_ahead_in_the_states_of_their_time(
    demo: Clinic, demo_clock: StoodClock
) -> None:
    now = demo_clock.now()
    rows = await fetch("SELECT starts_at, ends_at, state, created_at FROM booking ORDER BY starts_at")

    days = [local_day(demo.setup.zone, minute(start)) for start, *_rest in rows]
    assert timedelta(days=80) <= TODAY - days[0] <= timedelta(days=84)
    assert timedelta(days=50) <= days[-1] - TODAY <= timedelta(days=56)
    past = Counter(state for _start, end, state, _made in rows if end <= now)
    coming = Counter(state for start, _end, state, _made in rows if start > now + timedelta(minutes=15))
    assert set(past) == {"done", "no_show", "cancelled"}
    assert set(coming) == {"booked", "confirmed", "cancelled"}
    assert past["done"] > 1000 > past["no_show"] > 30
    assert [made for start, _end, _state, made in rows if made > now or made > start] == []


async def test_every_visit_that_stands_holds_its_practitioner_and_room(demo: Clinic) -> None:
    standing = await fetch("SELECT count(*) FROM booking WHERE state <> 'cancelled'")
    held = await fetch(
        "SELECT count(*) FROM booking b WHERE (SELECT count(*) FROM occupancy o WHERE o.claim = b.claim) = 2"
    )
    gone = await fetch("SELECT count(*) FROM booking WHERE state = 'cancelled' AND claim IS NOT NULL")
    assert (held, gone) == (standing, [(0,)])


async def test_everybody_was_told_of_every_visit(demo: Clinic) -> None:
    visits = await fetch("SELECT count(*), sum(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END) FROM booking")
    told = dict(await fetch("SELECT kind, count(*) FROM message WHERE kind LIKE 'booking_%' GROUP BY kind"))
    assert told == {"booking_cancelled": visits[0][1], "booking_confirmed": visits[0][0]}


async def test_everybody_was_written_to_as_the_rounds_say(demo: Clinic, demo_clock: StoodClock) -> None:
    """What goes after a visit only to whoever came; what nobody wrote or agreed to has a step that says so."""
    rest, rounds, wanted = rest_of(demo), await active_rounds(), set()
    for id, state, starts_at, ends_at, made, phone, email, cancelled, location, service in await fetch(
        "SELECT id, state, starts_at, ends_at, created_at, phone, email, cancelled_at, location, service FROM booking"
    ):
        channels = tuple(channel for channel, contact in (("sms", phone), ("email", email)) if contact)
        visit = Planned(minute(starts_at), minute(ends_at), minute(made), channels, location, service)
        wanted |= {
            (id, duty.round.name, duty.due)
            for duty in duties(visit, rest, rounds)
            if not duty.reason and duty.due <= minute(demo_clock.now())
            if (state == "done" if duty.round.after else cancelled is None or duty.due < minute(cancelled))
        }
    steps = await fetch("SELECT booking, rule, due_at FROM step")
    found = {(id, rule, minute(due)) for id, rule, due in steps}

    assert wanted - found == set()
    assert {due > minute(demo_clock.now()) for _id, _rule, due in found - wanted} <= {True}, "taken along by another"
    assert len(found) > 1500


async def test_several_of_a_family_are_in_one_reminder(demo: Clinic) -> None:
    together = await fetch(
        "SELECT message, count(*) FROM step WHERE state = 'taken' GROUP BY message HAVING count(*) > 1"
    )

    assert len(together) > 30


async def test_pretend_phones_show_what_they_were_reminded_of(demo: Clinic, made_up: MadeUp) -> None:
    """Composed when looked at: the newest reminder of several people names each."""
    [(message, patient)] = await fetch(
        "SELECT m.id, b.patient FROM message m JOIN booking b ON b.id = m.booking WHERE m.kind = 'reminder' AND "
        "m.channel = 'sms' AND (SELECT count(DISTINCT v.patient) FROM step s JOIN booking v ON v.id = s.booking "
        "WHERE s.message = m.id AND v.state <> 'cancelled') > 1 ORDER BY m.due_at DESC, m.id LIMIT 1"
    )
    composer = Composer(made_up.settings, KEY)
    people = await fetch(
        "SELECT DISTINCT t.id, t.name FROM step s JOIN booking v ON v.id = s.booking "
        "JOIN patient t ON t.id = v.patient WHERE s.message = {}",
        UUID(str(message)),
    )

    texts = {
        item.text
        for who, _name in people
        for item in await items(str(who), demo, composer)
        if item.id == UUID(str(message))
    }

    assert patient in [who for who, _name in people]
    [text] = texts
    assert [name.split()[0] in text for _who, name in people] == [True] * len(people)


async def test_a_demo_that_starts_has_no_reminder_to_catch_up_with(demo: Clinic, demo_clock: StoodClock) -> None:
    now = demo_clock.now()
    late = "SELECT count(*) FROM message WHERE state = 'queued'"
    try:
        async with tx():
            await plan(now)
            await take_due(now)
            found = (
                await fetch(late),
                await fetch("SELECT state FROM step WHERE state IN ('waiting', 'missed') GROUP BY state"),
            )
            await fetch("DELETE FROM step WHERE state = 'taken' RETURNING id")
            await fetch("DELETE FROM message WHERE kind = 'reminder' RETURNING id")
            await plan(now)
            await take_due(now)
            control = await fetch(late)
            raise Undo
    except Undo:
        pass

    assert found == ([(0,)], [("waiting",)])
    assert control[0][0] > 10, "without its steps of the past"


class Undo(Exception):
    """The clinic is only looked at."""


async def test_links_of_made_up_visits_open(demo: Clinic) -> None:
    ((public_id,),) = await fetch("SELECT public_id FROM booking WHERE state = 'booked' ORDER BY starts_at LIMIT 1")

    visit = await visit_by_token(visit_token(KEY, public_id, 1))

    assert visit.public_id == public_id


async def _made_up(folder: Path, clock: StoodClock, seed: int) -> list[tuple[object, ...]]:
    """Everything that is made with dice, from a database of its own."""
    settings = Settings(data=folder, demo=True)
    folder.mkdir()
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    try:
        await migrate(engine, settings)
        await fill(KEY, clock, "en", seed=seed)
        visits = await fetch("SELECT public_id, reference, state, starts_at, created_at, door FROM booking ORDER BY id")
        steps = await fetch("SELECT booking, rule, due_at, message FROM step ORDER BY id")
        said = await fetch("SELECT sender, text, at, outcome, prompt FROM inbound ORDER BY id")
        thought = await fetch("SELECT public_id, booking, score, comment, state FROM feedback ORDER BY id")
        told = await fetch("SELECT id, recipient, due_at, state, cost FROM message ORDER BY id")
        return [*visits, *told, *steps, *said, *thought, *await fetch("SELECT * FROM conversation ORDER BY id")]
    finally:
        await engine.close_connection_pool()


async def test_same_seed_on_the_same_day_gives_the_same_data(tmp_path: Path, demo_clock: StoodClock) -> None:
    first = await _made_up(tmp_path / "first", demo_clock, 1)

    assert await _made_up(tmp_path / "second", demo_clock, 1) == first
    assert await _made_up(tmp_path / "control", demo_clock, 2) != first


async def test_second_clinic_is_not_made(demo: Clinic, demo_clock: StoodClock) -> None:
    with pytest.raises(Invalid):
        await fill(KEY, demo_clock, "fi")

    assert await fetch("SELECT count(*) FROM patient") == [(300,)]
