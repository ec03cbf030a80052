"""What the doctor finds, each illness beside the healthy installation that has none of it."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.factories import a_clinic, at
from tests.unit.messaging.servers import a_mail_server
from turnet.backup import keep
from turnet.booking.model import Act, Person, Visit, Wish
from turnet.booking.service import book
from turnet.clock import Clock, FrozenClock, SystemClock
from turnet.conversation.service import receive
from turnet.db.engine import AnyEngine
from turnet.db.guards import NO_OVERLAP
from turnet.db.transactions import fetch, on_sqlite
from turnet.doctor import FIXED_SQLITE, Finding, Patient, examine, mail_test, sms_test
from turnet.doctor.database import clocks
from turnet.messaging.channels import Call, Incoming
from turnet.messaging.channels.chosen import hook_address, hook_secret
from turnet.settings import Settings

MB, GB = 1 << 20, 1 << 30


@pytest.fixture
def patient(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> Patient:
    """A healthy installation of this morning, once it has a clinic."""
    settings.key_file.chmod(0o600)
    os.utime(settings.key_file, (clock.at.timestamp() - 3600,) * 2)
    public = replace(
        settings,
        base_url="https://times.tuomi.example",
        mail_url="smtp://mail.tuomi.example",
        mail_from="desk@tuomi.example",
        admin_mail="owner@tuomi.example",
    )
    return Patient(
        public, clock, FIXED_SQLITE, disk=_with(50 * GB), database_now=_same, can_dump=lambda: True, time_is_kept=_kept
    )


def _with(free: int) -> Callable[[Settings], tuple[int, int]]:
    """A disk of 100 GB with so much of it free."""
    return lambda _settings: (free, 100 * GB)


async def _same(clock: Clock) -> datetime:
    return clock.real()


async def _kept() -> bool:
    return True


async def _not_kept() -> bool:
    return False


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
        replace(patient, disk=_with(5 * GB), settings=replace(patient.settings, base_url="", mail_url="file:"))
    )

    assert len(found) == 4
    assert [finding for finding in found if not (finding.what and finding.where and finding.do)] == []


async def test_old_sqlite_is_worth_knowing_on_sqlite_only(patient: Patient) -> None:
    await a_clinic()

    found = await examine(replace(patient, sqlite_version=(3, 51, 2)))

    what = "SQLite 3.51.2 can, very rarely, damage its write-ahead log; 3.51.3 and newer cannot"
    assert _said(found) == ([(what, False)] if on_sqlite() else [])


async def test_little_disk_is_worth_knowing(patient: Patient) -> None:
    await a_clinic()

    assert _said(await examine(replace(patient, disk=_with(500 * MB)))) == [("only 500 MB are free", False)]


async def test_disk_that_is_almost_full_takes_no_visits_on_sqlite(patient: Patient) -> None:
    await a_clinic()

    found = _said(await examine(replace(patient, disk=_with(100 * MB))))

    stops = [("only 100 MB are free: no new visits are taken", True)] if on_sqlite() else []
    assert found == [*stops, ("only 100 MB are free", False)]


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


async def test_messages_that_are_tried_in_vain(patient: Patient, clock: FrozenClock) -> None:
    await _booked(patient)
    clock.advance(minutes=40)
    await fetch(
        "UPDATE message SET attempts = 3, error = {}, due_at = {}", "no route", clock.now() + timedelta(hours=1)
    )

    what = "2 messages have been tried in vain for half an hour; the first: no route"
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
    _back_up(patient)

    assert await examine(patient) == []


async def test_sms_that_nobody_knows_of(patient: Patient, clock: FrozenClock) -> None:
    await _booked(patient)
    await fetch("UPDATE message SET state = 'unknown', finished_at = {}", clock.now())

    [found] = await examine(patient)

    assert found.what == "of 2 SMS of the last two days nobody knows whether they left"
    assert "turnet outbox again" in found.do


async def test_reminders_that_were_missed(patient: Patient, clock: FrozenClock) -> None:
    visit = await _booked(patient)
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) "
        "VALUES ({}, 1, 'day before', 'sms', {}, 'missed', '', {})",
        *(visit.id, clock.now(), clock.now()),
    )

    assert _said(await examine(patient)) == [("1 reminders of the last two days came too late to be sent", True)]


async def test_sending_that_is_held(patient: Patient, clock: FrozenClock) -> None:
    await a_clinic()
    await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", clock.real() - timedelta(minutes=90))

    what = "nothing is sent to people since a restore"
    assert _said(await examine(patient)) == [(what, True)]


async def test_no_backup_since_the_installation(patient: Patient, clock: FrozenClock) -> None:
    await a_clinic()
    clock.advance(hours=26)

    assert _said(await examine(patient)) == [("there is no backup", True)]


async def test_old_backup(patient: Patient, clock: FrozenClock) -> None:
    await a_clinic()
    _back_up(patient)
    fresh = await examine(patient)
    clock.advance(hours=30)

    assert (fresh, _said(await examine(patient))) == ([], [("the newest backup is 30 hours old", True)])


def _back_up(patient: Patient) -> None:
    folder = keep.folder(patient.settings)
    folder.mkdir()
    (folder / keep.name_at(patient.clock.real())).write_bytes(b"x")


async def test_backup_tools_of_postgres(patient: Patient) -> None:
    await a_clinic()

    found = await examine(replace(patient, can_dump=lambda: False))

    assert _said(found) == ([] if on_sqlite() else [("pg_dump is missing, so no backup can be made", True)])


async def test_clock_that_nothing_keeps(patient: Patient) -> None:
    await a_clinic()

    found = await examine(replace(patient, time_is_kept=_not_kept))

    assert _said(found) == [("nothing keeps this machine's clock right, and reminders go by it", False)]


# --- whom messages reach


def _but(patient: Patient, **settings: str) -> Patient:
    return replace(patient, settings=replace(patient.settings, **settings))


async def test_mail_that_reaches_nobody(patient: Patient) -> None:
    await a_clinic()

    found = await examine(_but(patient, mail_url="file:", admin_mail=""))

    assert _said(found) == [
        ("mail is only written to files: nobody receives any", True),
        ("nobody gets a mail when something goes wrong with the server", False),
    ]


async def test_patients_whom_only_an_sms_would_reach(patient: Patient) -> None:
    await _booked(patient)
    await fetch("UPDATE booking SET email = '', phone = '+358401234567'")

    what = "1 coming visits have a telephone number only, and SMS are just written to a file"
    assert _said(await examine(patient)) == [(what, True)]
    assert await examine(_but(patient, sms_url="46elks://u:p@?from=Tuomi")) == []


async def test_phone_that_could_call_instead_of_being_asked(patient: Patient) -> None:
    await a_clinic()
    phone = "android://user:password@phone.example"

    [found] = await examine(_but(patient, sms_url=phone))

    assert found.what == "the phone is asked every few minutes what became of SMS; it could say so at once"
    assert found.where == hook_address(patient.settings, "android")
    assert not found.wrong
    [there] = await examine(_but(patient, sms_url=f"{phone}?sim=1&signing=key"))
    assert there.what == "nothing that anybody wrote by SMS has arrived yet"


async def test_gateway_that_has_to_be_told_where_to_bring_answers(patient: Patient) -> None:
    await a_clinic()
    answered = _but(patient, sms_url="46elks://u:p@?from=Tuomi&answers=+358457000000")

    [before] = await examine(answered)
    one = Incoming("s1", "+358401234567", "", "1")
    await receive.store("46elks", one, b"", our_number="", real=patient.clock.real(), now=patient.clock.now())

    assert (before.what, before.wrong) == ("nothing that anybody wrote by SMS has arrived yet", False)
    assert before.where.startswith("https://times.tuomi.example/hooks/sms/46elks/")
    assert "+358457000000" in before.do
    assert await examine(answered) == []
    assert await examine(_but(patient, sms_url="gammu:///var/spool/gammu")) == []


async def test_calls_of_the_gateway_that_nobody_could_read(patient: Patient) -> None:
    await a_clinic()
    key = patient.settings.key()
    elks = replace(patient.settings, sms_url="46elks://u:p@?from=Tuomi")
    with pytest.raises(ValueError):
        await receive.received(
            elks,
            key,
            "46elks",
            hook_secret(key, "46elks"),
            Call(b"?", {}),
            real=patient.clock.real(),
            now=patient.clock.now(),
        )

    what = "1 calls of the SMS gateway within a week could not be read"
    assert _said(await examine(patient)) == [(what, True)]
    await fetch("UPDATE inbound SET received_at = {}", patient.clock.real() - timedelta(days=7))
    assert await examine(patient) == []


async def test_gateway_that_nobody_could_use(patient: Patient) -> None:
    await a_clinic()

    what = "TURNET_SMS_URL has answers=Tuomi; only a number can be answered"
    assert _said(await examine(_but(patient, sms_url="46elks://u:p@?from=Tuomi&answers=Tuomi"))) == [(what, True)]


async def test_key_that_no_backup_can_be_encrypted_to(patient: Patient) -> None:
    await a_clinic()
    there = "age1" + "q" * 58

    assert _said(await examine(_but(patient, backup_key=there))) == [
        ("TURNET_BACKUP_KEY is not an age public key, so no backup can be made", True)
    ]


async def test_gateway_that_has_to_be_told_where_to_report(patient: Patient) -> None:
    await _booked(patient)
    told_by_hand = _but(patient, sms_url="link://u:p@api.link.example?from=Tuomi&platform=1&partner=2")

    [before] = await examine(told_by_hand)
    await fetch("UPDATE message SET channel = 'sms', reported_at = {}", patient.clock.real())

    assert (before.what, before.wrong) == ("the gateway has not reported yet what became of any SMS", False)
    assert before.where.startswith("https://times.tuomi.example/hooks/sms/link/")
    assert await examine(told_by_hand) == []


async def test_mail_server_that_has_to_hand_over_what_comes_back(patient: Patient) -> None:
    await _booked(patient)
    handed_over = _but(patient, bounce_mail="bounces@tuomi.example")

    [before] = await examine(handed_over)
    await fetch("UPDATE message SET channel = 'email', reported_at = {}", patient.clock.real())

    assert (before.what, before.wrong) == ("no mail has come back to bounces@tuomi.example yet", False)
    assert before.where.startswith("https://times.tuomi.example/hooks/mail/")
    assert await examine(handed_over) == []
    assert await examine(_but(handed_over, bounce_url="imaps://u:p@mail.example")) == []


async def test_demo_needs_none_of_this(patient: Patient) -> None:
    await _booked(patient)
    await fetch("UPDATE booking SET email = '', phone = '+358401234567'")
    demo = replace(patient.settings, demo=True, mail_url="file:", admin_mail="", base_url="")

    assert await examine(replace(patient, settings=demo)) == []


# --- the tests


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

    assert await mail_test(_sending(patient, "file:"), "owner@tuomi.example") == []
    assert len(list((patient.settings.data / "outbox" / "mail").glob("*.eml"))) == 1


async def test_test_sms_that_leaves(patient: Patient) -> None:
    await a_clinic()

    found = await sms_test(patient, "040 123 4567")

    [line] = (patient.settings.data / "outbox" / "sms.jsonl").read_text().splitlines()
    sent = json.loads(line)
    assert (found, sent["to"], sent["text"]) == (
        [], "+358401234567", "Tuomi Dental: this is a test, and it has arrived.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "url", "what"),
    [
        ("12", "file:", "'12' is no telephone number"),
        ("+358401234567", "android://u:p@127.0.0.1:1/x?tls=off", "no test SMS left: "),
    ],
)
async def test_test_sms_that_does_not(patient: Patient, number: str, url: str, what: str) -> None:
    await a_clinic()

    [found] = await sms_test(_but(patient, sms_url=url), number)

    assert (found.what[: len(what)], found.wrong) == (what, True)
