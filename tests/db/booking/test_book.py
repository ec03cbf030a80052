"""Booking one visit, and several together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.db.booking.acts import (
    ANNA,
    FRIDAY_0800,
    OMAR,
    OTHER,
    OWNER,
    THURSDAY_0920,
    THURSDAY_0940,
    THURSDAY_1000,
    THURSDAY_1300,
    a_wish,
    an_act,
    overlaps,
    staff,
    stored,
)
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Person
from turnet.booking.states import State
from turnet.clinic import tables
from turnet.clinic.queries import load, versions
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.errors import KeyReused, NotOffered, SlotTaken, TooMany, Unavailable
from turnet.ids import token_hash
from turnet.scheduling.spans import Span


async def test_booking_stores_what_was_agreed(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock, door="embed", referrer="search.example")

    booked = await service.book(act, clinic, a_wish(clinic), replace(ANNA, note="Lift?"), once="form")

    visit = booked.visit
    assert (visit.state, visit.version, visit.sequence, visit.visit_no) == (State.BOOKED, 1, 0, 1)
    assert visit.starts_at == datetime(2026, 12, 3, 7, 20, tzinfo=UTC)
    assert visit.ends_at == datetime(2026, 12, 3, 7, 50, tzinfo=UTC)
    assert (visit.location, visit.room) == (clinic.locations["keskusta"].id, clinic.rooms["room-1"].id)
    assert (visit.patient_name, visit.first_name, visit.note) == ("Anna Virtanen", "Anna", "Lift?")
    assert await queries.visit(visit.public_id) == visit
    assert await queries.visit_by_token(booked.token) == visit
    assert await stored("wall_start, zone, door, referrer, outside_hours, token_hash, mailbox FROM booking") == [
        ("2026-12-03T09:20", "Europe/Helsinki", "embed", "search.example", False, token_hash(booked.token),
         "anna@mail.example"),
    ]  # fmt: skip


async def test_booking_occupies_each_resource_with_its_own_buffers(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    start = at(THURSDAY_0920)
    assert await stored("resource, lane, starts_at, ends_at FROM occupancy ORDER BY resource") == [
        (visit.practitioner, 0, start, start + 30),
        (visit.room, 0, start, start + 40),
    ]
    assert await stored("kind, expires_at, owner FROM claim") == [("booking", None, "")]


async def test_booking_is_audited_and_moves_the_diary_on(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    _, before = await versions()

    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    [event] = await queries.history(visit.id)
    assert (event.at, event.actor, event.act, event.before) == (clock.now(), "patient", "booked", {})
    assert event.after == {
        "state": "booked",
        "starts_at": "2026-12-03T07:20:00+00:00",
        "service": visit.service,
        "practitioner": visit.practitioner,
        "room": visit.room,
        "location": visit.location,
    }
    assert (await versions())[1] == before + 1


async def test_booking_at_night_is_known_to_be_outside_hours(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    clock.advance(hours=14)

    await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")

    assert await stored("outside_hours FROM booking") == [(True,)]


async def test_the_same_form_twice_is_one_booking(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")

    first = await service.book(an_act(clock), clinic, wish, ANNA, once="form")
    second = await service.book(an_act(clock), clinic, wish, ANNA, once="form")

    assert (second.visit, second.token, second.repeated) == (first.visit, first.token, True)
    assert await stored("count(*) FROM booking") == [(1,)]
    assert await stored("count(*) FROM message WHERE kind = 'booking_confirmed'") == [(1,)]


async def test_the_same_form_for_anybody_is_one_booking_although_somebody_else_is_free(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()

    first = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")
    second = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")

    assert (second.visit, second.repeated) == (first.visit, True)
    assert await stored("count(*) FROM patient") == [(1,)]


async def test_the_same_form_after_the_time_has_passed_still_shows_its_booking(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    first = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")
    clock.advance(days=3)

    assert (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")).visit == first.visit


@pytest.mark.parametrize("person", [OMAR, replace(ANNA, name="Eve"), replace(ANNA, phone="+358401112222")])
async def test_a_form_key_opens_nobody_elses_booking(engine: AnyEngine, clock: FrozenClock, person: Person) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")

    with pytest.raises(KeyReused):
        await service.book(an_act(clock), clinic, a_wish(clinic), person, once="form")


async def test_forms_without_a_key_are_not_the_same(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    first = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")
    second = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")

    assert first.visit.practitioner != second.visit.practitioner


async def test_taken_time_is_answered_with_the_nearest_others(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    await service.book(an_act(clock), clinic, wish, ANNA, once="")

    with pytest.raises(SlotTaken) as refused:
        await service.book(an_act(clock), clinic, wish, OMAR, once="")

    others = refused.value.facts["alternatives"]
    assert [slot.start for slot in others] == [
        at(f"2026-12-03T{time}+02:00") for time in ("08:40", "10:00", "08:20", "10:20")
    ]
    assert all(clinic.practitioners["sanna"].id in slot.practitioners for slot in others)
    assert await stored("count(*) FROM patient") == [(1,)]


async def test_the_last_free_time_up_to_the_horizon_is_offered_instead(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    away = Span(at("2026-12-01T00:00+02:00"), at("2027-02-01T15:20+02:00"))
    for who in ("sanna", "pekka"):
        resource = clinic.practitioners[who].id
        await tables.Busy.insert(tables.Busy(resource=resource, starts_at=away.start, ends_at=away.end))

    with pytest.raises(SlotTaken) as refused:
        await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")

    assert [slot.start for slot in refused.value.facts["alternatives"]] == [at("2027-02-01T15:20+02:00")]


@pytest.mark.parametrize(
    "start",
    [
        "2026-12-03T09:25+02:00",  # off the grid
        "2026-12-01T10:00+02:00",  # past
        "2026-12-01T10:43+02:00",  # within the lead time, and off the grid
        "2026-12-03T07:40+02:00",  # before opening
        "2026-12-03T11:40+02:00",  # would end after closing
        "2026-12-05T09:00+02:00",  # Saturday
        "2026-12-24T23:00+02:00",
        "2027-03-01T09:00+02:00",  # beyond the horizon
        "9999-12-31T09:00+02:00",
        "1970-01-01T09:00+02:00",
    ],
)
async def test_time_that_no_rule_offers_is_refused(engine: AnyEngine, clock: FrozenClock, start: str) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotOffered):
        await service.book(an_act(clock), clinic, a_wish(clinic, start), ANNA, once="")

    assert await stored("count(*) FROM claim") == [(0,)]


async def test_wish_for_what_does_not_exist_is_not_offered(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic)

    for strange in (
        replace(wish, service=999),
        replace(wish, location=999),
        replace(wish, practitioner=999),
        replace(wish, practitioner=clinic.practitioners["omri"].id),
        replace(wish, location=clinic.locations["hervanta"].id),
        replace(wish, start=10**15),
        replace(wish, people=4),
    ):
        with pytest.raises(NotOffered):
            await service.book(an_act(clock), clinic, strange, ANNA, once="")


async def test_service_that_is_not_online_is_booked_by_staff_only(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    await tables.Service.update({tables.Service.online: False}).where(tables.Service.slug == "check-up")
    clinic = await load()
    assert clinic is not None

    with pytest.raises(NotOffered):
        await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")

    assert (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit.door == "phone"


async def test_specialist_is_kept_for_what_others_cannot_do(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    assert visit.practitioner == clinic.practitioners["pekka"].id


async def test_two_dentists_and_one_room_left_is_one_booking(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    room = clinic.rooms["room-1"].id
    start = at(THURSDAY_0920)
    await tables.Busy.insert(tables.Busy(resource=room, starts_at=start, ends_at=start + 30))
    await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")

    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, a_wish(clinic, by="pekka"), OMAR, once="")


async def test_parent_and_two_children_on_one_phone_are_three_patients(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    eeva = replace(ANNA, name="Eeva", for_whom="child", birth_year=2019)
    eero = replace(ANNA, name="Eero", for_whom="child", birth_year=2021)

    for person, start in ((ANNA, THURSDAY_0920), (eeva, THURSDAY_1000), (eero, THURSDAY_1300)):
        await service.book(an_act(clock), clinic, a_wish(clinic, start), person, once="")

    assert await stored("t.name, t.birth_year FROM booking b JOIN patient t ON t.id = b.patient ORDER BY b.id") == [
        ("Anna Virtanen", None),
        ("Eeva", 2019),
        ("Eero", 2021),
    ]
    assert await stored("count(*) FROM patient WHERE name = '' AND id IN (SELECT guardian FROM patient)") == [(2,)]
    assert await stored("kind, value, raw FROM contact_point ORDER BY kind") == [
        ("email", "anna@mail.example", "anna@mail.example"),
        ("phone", "+358401234567", "040 123 4567"),
    ]
    assert await stored("count(*) FROM patient_contact") == [(6,)]
    assert await stored(
        "count(*) FROM patient_contact pc JOIN patient t ON t.id = pc.patient WHERE t.name = 'Eeva'"
    ) == [(0,)]


async def test_booking_with_a_known_contact_changes_and_shows_nothing_of_its_owner(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")
    before = await stored("id, name, language, public_id FROM patient ORDER BY id")
    contacts = await stored("* FROM contact_point ORDER BY id")

    eve = Person("Eve", phone=ANNA.phone, phone_raw="+358401234567", email="eve@mail.example", language="en")
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, FRIDAY_0800), eve, once="")).visit

    assert (await stored("id, name, language, public_id FROM patient ORDER BY id"))[:1] == before
    assert (await stored("* FROM contact_point ORDER BY id"))[:2] == contacts
    assert (visit.patient_name, visit.email) == ("Eve", "eve@mail.example")


async def test_more_than_five_bookings_an_hour_from_one_address_are_refused(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    act = an_act(clock, limited=True, address="home")
    starts = [f"2026-12-{day:02}T{hour}:00+02:00" for day in (3, 4, 7) for hour in ("08", "13")]
    for n, start in enumerate(starts[:5]):
        await service.book(act, clinic, a_wish(clinic, start), _somebody(n), once="")

    with pytest.raises(TooMany) as refused:
        await service.book(act, clinic, a_wish(clinic, starts[5]), _somebody(5), once="")

    assert refused.value.facts == {"what": "bookings"}
    clock.advance(hours=1)
    later = an_act(clock, limited=True, address="home")
    assert (await service.book(later, clinic, a_wish(clinic, starts[5]), _somebody(5), once="")).repeated is False


def _somebody(n: int) -> Person:
    return Person(f"Person {n}", phone=f"+35840000000{n}")


@pytest.mark.parametrize("emails", [["anna@mail.example"] * 4, [f"anna+{n}@mail.example" for n in range(4)]])
async def test_more_than_three_bookings_a_day_of_one_mailbox_are_refused(
    engine: AnyEngine, clock: FrozenClock, emails: list[str]
) -> None:
    clinic = await a_clinic()
    starts = (THURSDAY_0920, THURSDAY_1000, THURSDAY_1300, FRIDAY_0800)
    acts = [an_act(clock, limited=True, address=f"home {n}") for n in range(4)]
    for act, start, email in list(zip(acts, starts, emails, strict=True))[:3]:
        await service.book(act, clinic, a_wish(clinic, start), Person("Anna", email=email), once="")

    with pytest.raises(TooMany) as refused:
        await service.book(acts[3], clinic, a_wish(clinic, starts[3]), Person("Anna", email=emails[3]), once="")

    assert refused.value.facts == {"what": "bookings"}


async def test_more_than_four_coming_visits_of_one_phone_are_refused_and_a_cancelled_one_makes_room(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    starts = [f"2026-12-{day:02}T09:00+02:00" for day in (7, 8, 9, 10)]
    visits = [
        (await service.book(an_act(clock), clinic, a_wish(clinic, start), ANNA, once="")).visit for start in starts
    ]
    act = an_act(clock, limited=True, address="home")

    with pytest.raises(TooMany):
        await service.book(act, clinic, a_wish(clinic), ANNA, once="")

    await service.cancel(an_act(clock), clinic, visits[0].id)
    assert (await service.book(act, clinic, a_wish(clinic), ANNA, once="")).repeated is False


async def test_refused_booking_is_not_counted(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock, limited=True, address="home")

    for _ in range(6):
        with pytest.raises(NotOffered):
            await service.book(act, clinic, a_wish(clinic, "2026-12-03T09:25+02:00"), ANNA, once="")

    assert await stored("count(*) FROM tally") == [(0,)]


async def test_party_is_booked_together(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    party = [(a_wish(clinic), ANNA), (a_wish(clinic), replace(ANNA, name="Eeva", for_whom="child", birth_year=2019))]

    booked = await service.book_party(an_act(clock), clinic, party, once="form")
    again = await service.book_party(an_act(clock), clinic, party, once="form")

    assert [one.visit.patient_name for one in booked] == ["Anna Virtanen", "Eeva"]
    assert len({one.visit.practitioner for one in booked}) == 2
    assert [one.visit for one in again] == [one.visit for one in booked]
    assert [one.token for one in again] == [one.token for one in booked]
    assert await stored("count(DISTINCT party), count(party), count(DISTINCT claim) FROM booking") == [(1, 2, 2)]


async def test_party_that_fits_only_one_way_round_is_seated_that_way(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    party = [(a_wish(clinic), ANNA), (a_wish(clinic, by="pekka"), OMAR)]

    booked = await service.book_party(an_act(clock), clinic, party, once="")

    assert [one.visit.practitioner for one in booked] == [clinic.practitioners[who].id for who in ("sanna", "pekka")]


async def test_party_of_which_one_finds_no_place_is_not_booked_at_all(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic, by="pekka"), OMAR, once="")

    with pytest.raises(SlotTaken):
        await service.book_party(an_act(clock), clinic, [(a_wish(clinic), ANNA), (a_wish(clinic), OMAR)], once="")

    assert await stored("count(*) FROM booking") == [(1,)]
    assert await stored("count(*) FROM patient") == [(1,)]


async def test_booking_takes_over_what_its_owner_held(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    held = await service.hold(an_act(clock), clinic, a_wish(clinic, by="sanna"), OWNER)

    booked = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="", owner=OWNER)

    assert (booked.visit.practitioner, booked.visit.room) == (held.practitioner, held.room)
    assert await stored("kind, public_id, expires_at, owner, wish FROM claim") == [
        ("booking", held.public_id, None, "", "{}")
    ]
    assert await queries.current_hold(OWNER, clock.now()) is None


async def test_booking_another_time_gives_the_held_one_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), OWNER)

    await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_0920), ANNA, once="", owner=OWNER)

    assert await stored("kind FROM claim") == [("booking",)]


async def test_time_that_somebody_else_holds_cannot_be_booked_until_it_expires(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    wish = a_wish(clinic, by="sanna")
    await service.hold(an_act(clock), clinic, wish, OTHER)

    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, wish, ANNA, once="", owner=OWNER)

    clock.advance(minutes=5)
    assert (await service.book(an_act(clock), clinic, wish, ANNA, once="", owner=OWNER)).repeated is False
    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, wish, OMAR, once="", owner=OTHER)
    assert await overlaps() == 0


async def test_expired_hold_on_a_time_still_free_books_without_a_word(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    held = await service.hold(an_act(clock), clinic, a_wish(clinic), OWNER)
    clock.advance(minutes=30)

    booked = await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="", owner=OWNER)

    assert booked.visit.practitioner == held.practitioner


async def test_booking_costs_thirteen_statements_at_most(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    act = an_act(clock, limited=True, address="home")
    locks = 0 if isinstance(engine, LiteEngine) else 1
    statements.clear()

    await service.book(act, clinic, a_wish(clinic), ANNA, once="first")
    assert len(statements) == 13 + locks, statements

    await service.hold(act, clinic, a_wish(clinic, THURSDAY_1000), OWNER)
    statements.clear()
    await service.book(act, clinic, a_wish(clinic, THURSDAY_1000), ANNA, once="second", owner=OWNER)
    assert len(statements) == 12 + locks, statements


async def test_booking_next_to_a_visit_needs_no_gap_the_dentist_does_not_need(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    """Cleaning takes the room for ten minutes more; the other room is free for the dentist at once."""
    clinic = await a_clinic()
    first = (await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit

    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_0940, by="sanna"), OMAR, once="")
    second = (await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_1000, by="sanna"), OMAR, once="")).visit

    assert (first.room, second.room) == (clinic.rooms["room-1"].id, clinic.rooms["room-2"].id)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_full_disk_is_said_and_leaves_nothing_half_done(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    assert isinstance(engine, LiteEngine)
    [size] = await engine.run_ddl("PRAGMA page_count")
    await engine.run_ddl(f"PRAGMA max_page_count = {size['page_count']}")

    with pytest.raises(Unavailable):
        for hour in (8, 9, 10, 13, 14):
            wish = a_wish(clinic, f"2026-12-03T{hour:02}:00+02:00", by="sanna")
            await service.book(an_act(clock), clinic, wish, replace(ANNA, note="x" * 1000), once="")

    [(bookings,)] = await stored("count(*) FROM booking")
    assert await stored("count(*) FROM patient") == await stored("count(*) FROM claim") == [(bookings,)]
    await engine.run_ddl("PRAGMA max_page_count = 1073741823")
    await service.book(an_act(clock), clinic, a_wish(clinic, FRIDAY_0800), ANNA, once="")
