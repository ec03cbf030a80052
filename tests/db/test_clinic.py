"""The clinic is read whole, and again only when its setup changed."""

from tests.factories import a_clinic
from turnet.clinic import queries, tables
from turnet.db.engine import AnyEngine


async def test_clinic_is_read_with_slugs_and_resource_ids(engine: AnyEngine) -> None:
    clinic = await a_clinic()

    assert list(clinic.services) == ["check-up", "root-canal", "cleaning", "acute"]
    sanna = clinic.practitioners["sanna"]
    assert clinic.services["root-canal"].rules.practitioners == (sanna.id,)
    assert clinic.practitioner(sanna.id) == sanna
    assert clinic.text(clinic.name, "fi").text == "Hammashoitola Tuomi"
    assert clinic.text(sanna.name, "he") == clinic.text(sanna.name, "en")


async def test_clinic_is_held_until_its_setup_version_moves(engine: AnyEngine) -> None:
    first = await a_clinic()
    assert await queries.clinic() is first

    await tables.Diary.update({tables.Diary.setup_version: 2}).where(tables.Diary.id == 1)

    again = await queries.clinic()
    assert again is not None
    assert (again is first, again.version) == (False, 2)


async def test_service_whose_rooms_are_all_gone_is_offered_by_nobody(engine: AnyEngine) -> None:
    await a_clinic()
    await tables.Room.update({tables.Room.active: False}).where(tables.Room.slug == "room-3")

    clinic = await queries.load()

    assert clinic is not None
    assert clinic.services["cleaning"].rules.practitioners == ()


async def test_hours_of_somebody_who_left_do_not_open_the_clinic(engine: AnyEngine) -> None:
    before = await a_clinic()
    await tables.Practitioner.update({tables.Practitioner.active: False}).where(tables.Practitioner.slug == "omri")

    after = await queries.load()

    assert after is not None
    assert len(before.setup.weekly) - len(after.setup.weekly) == 5
