"""What the doctor finds, each illness beside the healthy installation that has none of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.factories import a_clinic, at
from tests.unit.messaging.servers import a_mail_server
from turnet.booking.model import Act, Person, Visit, Wish
from turnet.booking.service import book
from turnet.clock import Clock, FrozenClock, SystemClock
from turnet.db.engine import AnyEngine
from turnet.db.guards import NO_OVERLAP
from turnet.db.transactions import fetch, on_sqlite
from turnet.doctor import FIXED_SQLITE, Finding, Patient, clocks, examine, mail_test
from turnet.settings import Settings


@pytest.fixture
def patient(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> Patient:
    """A healthy installation, once it has a clinic."""
    settings.key_file.chmod(0o600)
    public = replace(settings, base_url="https://times.tuomi.example", mail_from="desk@tuomi.example")
    return Patient(public, clock, FIXED_SQLITE, disk_free=lambda _settings: 10 << 30, database_now=_same)


async def _same(clock: Clock) -> datetime:
    return clock.real()


def _said(found: list[Finding]) -> list[tuple[str, bool]]:
    return [(finding.what, finding.wrong) for finding in found]


async def _booked(patient: Patient) -> Visit:
    clinic = await a_clinic()
    act = Act(now=patient.clock.now(), real=patient.clock.real(), key=patient.settings.key())
    wish = Wish(service=clinic.services["check-up"].id, start=at("2026-12-03T09:20+02:00"))
    return (await book(act, clinic, wish, Person("Anna Mäkelä", email="anna@mail.example"), once="once")).visit


async def test_healthy_installation_has_no_findings(patient: Patient) -> None:
    await _booked(patient)

    assert await examine(patient) == []


async def test_every_finding_says_what_where_and_what_to_do(patient: Patient) -> None:
    found = await examine(
        replace(patient, disk_free=lambda _settings: 0, settings=replace(patient.settings, base_url=""))
    )

    assert len(found) == 3
    assert [finding for finding in found if not (finding.what and finding.where and finding.do)] == []


async def test_old_sqlite_is_worth_knowing_on_sqlite_only(patient: Patient) -> None:
    await a_clinic()

    found = await examine(replace(patient, sqlite_version=(3, 51, 2)))

    what = "SQLite 3.51.2 can, very rarely, damage its write-ahead log; 3.51.3 and newer cannot"
    assert _said(found) == ([(what, False)] if on_sqlite() else [])


@pytest.mark.parametrize(("free", "wrong"), [(100 << 20, True), (500 << 20, False)])
async def test_little_disk(patient: Patient, free: int, wrong: bool) -> None:
    await a_clinic()

    assert _said(await examine(replace(patient, disk_free=lambda _settings: free))) == [
        (f"only {free >> 20} MB are free", wrong)
    ]


async def test_loopback_address_reaches_no_patient(patient: Patient) -> None:
    await a_clinic()
    local = replace(patient, settings=replace(patient.settings, base_url=""))

    what = "patients cannot reach http://127.0.0.1:8000, so no message is sent to them"
    assert _said(await examine(local)) == [(what, True)]
    assert await examine(replace(local, settings=replace(local.settings, demo=True))) == []


async def test_unencrypted_address(patient: Patient) -> None:
    await a_clinic()
    plain = replace(patient, settings=replace(patient.settings, base_url="http://times.tuomi.example"))

    what = "http://times.tuomi.example is not encrypted: links and forms can be read on the way"
    assert _said(await examine(plain)) == [(what, True)]


async def test_proxy_that_is_no_address(patient: Patient) -> None:
    await a_clinic()

    def with_proxies(proxies: str) -> Patient:
        return replace(patient, settings=replace(patient.settings, trusted_proxies=proxies))

    assert _said(await examine(with_proxies("127.0.0.1, caddy"))) == [("'caddy' is not an address", True)]
    assert await examine(with_proxies("127.0.0.1, 10.0.0.0/8, ::1")) == []


async def test_key_that_others_can_read(patient: Patient) -> None:
    await a_clinic()
    patient.settings.key_file.chmod(0o644)

    assert _said(await examine(patient)) == [("others on this machine can read the key behind patients' links", True)]


async def test_missing_key(patient: Patient) -> None:
    await a_clinic()
    patient.settings.key_file.unlink()

    assert _said(await examine(patient)) == [("the key behind patients' links is missing", True)]


async def test_key_of_another_database(patient: Patient) -> None:
    await a_clinic()
    await fetch("UPDATE clinic SET key_fingerprint = {} WHERE id = 1 RETURNING id", "0" * 16)

    assert _said(await examine(patient)) == [("the key is not the one patients' links were made with", True)]


async def test_no_clinic_yet(patient: Patient) -> None:
    assert _said(await examine(patient)) == [("there is no clinic yet", True)]


async def test_missing_migration_hides_the_rest(patient: Patient) -> None:
    await a_clinic()
    await fetch("DELETE FROM migration WHERE name = {} RETURNING id", "0002")

    assert _said(await examine(patient)) == [("the schema is older than this turnet: 0002 to run", True)]


async def test_missing_guard(patient: Patient, engine: AnyEngine) -> None:
    await a_clinic()
    drop = f"DROP TRIGGER {NO_OVERLAP}_insert" if on_sqlite() else f"ALTER TABLE occupancy DROP CONSTRAINT {NO_OVERLAP}"
    await engine.run_ddl(drop)

    assert _said(await examine(patient)) == [(f"the guard against double booking ({NO_OVERLAP}) is missing", True)]


async def test_clock_that_went_back(patient: Patient, clock: FrozenClock) -> None:
    await _booked(patient)
    clock.advance(minutes=-5)

    assert _said(await examine(patient)) == [("the clock is 300 s off the last entry", True)]


@pytest.mark.parametrize(("seconds", "said"), [(2, []), (-3, ["the clock is 3 s off the database"])])
async def test_clock_off_the_databases(patient: Patient, seconds: int, said: list[str]) -> None:
    await a_clinic()

    async def other(clock: Clock) -> datetime:
        return clock.real() + timedelta(seconds=seconds)

    assert [finding.what for finding in await examine(replace(patient, database_now=other))] == said


async def test_clock_of_this_machine_is_the_databases(settings: Settings, engine: AnyEngine) -> None:
    assert await clocks(Patient(settings, SystemClock())) == []


async def test_setup_that_cannot_be_worked_out(patient: Patient) -> None:
    await a_clinic()
    await fetch("UPDATE hours SET closes = opens WHERE weekday = 0 RETURNING id")

    found = await examine(patient)

    assert [(finding.where, finding.wrong) for finding in found] == [("the clinic's hours and services", True)]


async def test_service_nobody_with_hours_does(patient: Patient) -> None:
    clinic = await a_clinic()
    omri = clinic.practitioners["omri"].row
    await fetch("DELETE FROM hours WHERE practitioner = {} RETURNING id", omri)

    assert _said(await examine(patient)) == [("nobody with hours does Cleaning, so it has no free times", False)]


async def test_failed_messages(patient: Patient) -> None:
    await _booked(patient)
    await fetch(
        "UPDATE message SET state = 'failed', error = {}, finished_at = {} "
        "WHERE kind = 'booking_confirmed' RETURNING id",
        "550 no such user",
        patient.clock.now(),
    )

    what = "1 messages could not be delivered since yesterday; the last: 550 no such user"
    assert _said(await examine(patient)) == [(what, True)]


async def test_messages_that_stay(patient: Patient, clock: FrozenClock) -> None:
    await _booked(patient)
    clock.advance(minutes=20)

    assert _said(await examine(patient)) == [("a message has been waiting for 20 minutes", True)]


async def test_wall_time_that_a_new_time_zone_database_moved(patient: Patient) -> None:
    visit = await _booked(patient)
    await fetch("UPDATE booking SET wall_start = {} RETURNING id", "2026-12-03T08:20")

    found = await examine(patient)

    assert [(finding.what, finding.where) for finding in found] == [
        ("sold as 2026-12-03 08:20, now at 2026-12-03 09:20 in Europe/Helsinki", f"visit {visit.reference}")
    ]


async def test_wall_time_of_the_past_is_left_alone(patient: Patient, clock: FrozenClock) -> None:
    await _booked(patient)
    await fetch("UPDATE booking SET wall_start = {} RETURNING id", "2026-12-03T08:20")
    await fetch("UPDATE message SET state = 'sent' RETURNING id")
    clock.advance(days=3)

    assert await examine(patient) == []


# --- the test mail


async def test_test_mail_that_leaves(patient: Patient) -> None:
    await a_clinic()

    async with a_mail_server() as server:
        found = await mail_test(_sending(patient, server.url), "owner@tuomi.example")

    assert (found, server.recipients) == ([], ["owner@tuomi.example"])


async def test_test_mail_that_is_refused_says_what_the_server_answered(patient: Patient) -> None:
    await a_clinic()

    async with a_mail_server(RCPT="550 5.1.1 nobody of that name") as server:
        found = await mail_test(_sending(patient, server.url), "owner@tuomi.example")

    assert _said(found) == [("no test mail left: 550 5.1.1 nobody of that name", True)]


def _sending(patient: Patient, url: str) -> Patient:
    return replace(patient, settings=replace(patient.settings, mail_url=url))


async def test_test_mail_to_a_folder_is_a_file(patient: Patient) -> None:
    await a_clinic()

    assert await mail_test(patient, "owner@tuomi.example") == []
    assert len(list((patient.settings.data / "outbox" / "mail").glob("*.eml"))) == 1
