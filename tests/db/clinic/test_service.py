"""Acts on the setup: all or nothing, checked as a whole, and seen by every reader at once."""

from datetime import date

import pytest

from tests.factories import a_clinic, at
from turnet.booking.queries import free_times
from turnet.clinic import queries
from turnet.clinic import service as setup
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotFound
from turnet.scheduling.rules import BadRules, Session, WeeklySession
from turnet.scheduling.spans import Span


async def _read() -> Clinic:
    clinic = await queries.clinic()
    assert clinic is not None
    return clinic


async def test_every_act_raises_both_versions(engine: AnyEngine) -> None:
    await a_clinic()
    before = await queries.versions()

    await setup.add_location("kaleva", {"en": "Kaleva"})

    assert await queries.versions() == (before[0] + 1, before[1] + 1)
    assert "kaleva" in (await _read()).locations


async def test_joined_acts_raise_the_versions_once(engine: AnyEngine) -> None:
    await a_clinic()
    before = await queries.versions()

    async with setup.change():
        location = await setup.add_location("kaleva", {"en": "Kaleva"})
        await setup.add_room("room-9", {"en": "9"}, location=location)

    assert await queries.versions() == (before[0] + 1, before[1] + 1)


async def test_hours_that_overlap_are_refused_and_nothing_is_kept(engine: AnyEngine) -> None:
    clinic = await a_clinic()
    sanna, keskusta = clinic.practitioners["sanna"].id, clinic.locations["keskusta"].id
    before = await fetch("SELECT count(*) FROM hours")
    overlapping = [WeeklySession(sanna, 0, Session(keskusta, opens, opens + 240, 20)) for opens in (480, 600)]

    with pytest.raises(BadRules):
        await setup.set_weekly_hours(sanna, overlapping)

    assert await fetch("SELECT count(*) FROM hours") == before
    assert (await _read()).setup == clinic.setup


async def test_dated_hours_replace_the_week_and_none_mean_off(engine: AnyEngine) -> None:
    clinic = await a_clinic()
    sanna, keskusta = clinic.practitioners["sanna"].id, clinic.locations["keskusta"].id

    await setup.set_dated_hours(sanna, date(2026, 12, 2), [Session(keskusta, 600, 660, 20)])
    await setup.set_dated_hours(sanna, date(2026, 12, 3), [])

    dated = (await _read()).setup.dated
    assert dated[sanna, date(2026, 12, 2)] == (Session(keskusta, 600, 660, 20),)
    assert dated[sanna, date(2026, 12, 3)] == ()


async def test_closure_of_a_location_ends_its_free_times(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    day = date(2026, 12, 2)
    root_canal = clinic.services["root-canal"].id
    assert await free_times(clinic, root_canal, day, day, now=clock.now()) != []

    span = Span(at("2026-12-02T00:00+02:00"), at("2026-12-03T00:00+02:00"))
    await setup.close(span, {"en": "Training"}, location=clinic.locations["keskusta"].id)

    assert await free_times(await _read(), root_canal, day, day, now=clock.now()) == []


async def test_renamed_slug_leads_to_the_new_one(engine: AnyEngine) -> None:
    clinic = await a_clinic()

    await setup.rename_slug("practitioner", "sanna", "sanna-koivisto")

    renamed = await _read()
    assert renamed.practitioners["sanna-koivisto"].id == clinic.practitioners["sanna"].id
    assert renamed.moved_slugs == {("practitioner", "sanna"): "sanna-koivisto"}


async def test_slug_renamed_back_leads_nowhere_else(engine: AnyEngine) -> None:
    await a_clinic()

    await setup.rename_slug("service", "check-up", "exam")
    await setup.rename_slug("service", "exam", "check-up")

    assert (await _read()).moved_slugs == {("service", "exam"): "check-up"}


@pytest.mark.parametrize(
    ("new", "code"),
    [("root-canal", "taken"), ("Tarkastus", "not_a_slug"), ("", "not_a_slug"), ("a" * 61, "not_a_slug")],
)
async def test_slug_that_cannot_be_used_is_refused(engine: AnyEngine, new: str, code: str) -> None:
    await a_clinic()

    with pytest.raises(Invalid) as refused:
        await setup.rename_slug("service", "check-up", new)

    assert refused.value.fields == {"slug": code}


async def test_unknown_slug_is_not_found(engine: AnyEngine) -> None:
    await a_clinic()

    with pytest.raises(NotFound):
        await setup.rename_slug("service", "massage", "hieronta")


async def test_second_clinic_is_refused(engine: AnyEngine) -> None:
    await a_clinic()

    with pytest.raises(Invalid) as refused:
        await setup.create_clinic(
            {"fi": "Toinen"}, zone="Europe/Helsinki", languages=["fi"], region="FI", currency="EUR", key_fingerprint=""
        )

    assert refused.value.fields == {"clinic": "exists"}


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Sanna Köivistö", "sanna-koivisto"), ("  O'Brien & Co ", "o-brien-co"), ("דנה לוי", "practitioner")],
)
def test_slug_of_a_name(text: str, slug: str) -> None:
    assert setup.slug_of(text, "practitioner") == slug
