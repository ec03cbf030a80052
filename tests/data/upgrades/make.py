"""Writes a filled database of this version as SQL, one file per engine: `python -m tests.data.upgrades.make POSTGRES_URL`.

Run once when a step lands; the files are then never changed. Every later version must upgrade them.
"""

import asyncio
import gzip
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.factories import REA, TUESDAY, a_clinic, at
from turnet.booking import service
from turnet.booking.model import Act, Person, Wish
from turnet.booking.queries import visits_by_id
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.conversation import prompts
from turnet.conversation.meaning import Asked
from turnet.conversation.service import receive, thread
from turnet.db.engine import bind, engine_for
from turnet.db.start import known, migrate
from turnet.db.transactions import effects_done, fetch, tx
from turnet.feedback import service as feedback
from turnet.feedback.model import Survey
from turnet.ids import token_hash
from turnet.messaging import refusals
from turnet.messaging.channels import Incoming
from turnet.messaging.texting import Policy
from turnet.patients import service as patients
from turnet.reminders import keeping
from turnet.reminders import service as reminders
from turnet.reminders.queries import rounds
from turnet.reports import service as reports
from turnet.reports.model import Baseline
from turnet.scheduling.spans import Span
from turnet.settings import Settings
from turnet.staff.model import Role, Staff
from turnet.staff.service import feeds, parking
from turnet.staff.tables import RecoveryCode, StaffLink, StaffSession, StaffUser
from turnet.watch.tables import Incident

KEY = b"k" * 32
HERE = Path(__file__).parent


def _act() -> Act:
    return Act(now=TUESDAY, real=TUESDAY, key=KEY, limited=False)


async def fill() -> Clinic:
    """Nine visits: booked for oneself, a child and another adult, moved, cancelled, put back; and a hold."""
    clinic = await a_clinic()
    check_up = clinic.services["check-up"].id
    times = [at(f"2026-12-{day:02}T{hour:02}:20+02:00") for day in (3, 4, 7) for hour in (9, 10, 14)]
    booked = []
    for number, start in enumerate(times):
        person = Person(
            ("Eeva Mäkelä", "דנה לוי", "Eero O'Hara")[number % 3],
            phone=f"+35840000{number:04}" if number % 2 else "",
            email="" if number % 2 else f"p{number}@tuomi.example",
            language=("fi", "he", "en")[number % 3],
            for_whom=("me", "child", "adult")[number % 3],
            birth_year=2019 if number % 3 == 1 else None,
            note="Pelkää neuloja" if number == 0 else "",
        )
        booked.append((await service.book(_act(), clinic, Wish(check_up, start), person, once=f"form-{number}")).visit)
    await service.move(_act(), clinic, booked[0].id, Wish(check_up, at("2026-12-08T09:00+02:00")))
    for cancelled in booked[1:3]:
        await service.cancel(_act(), clinic, cancelled.id, reason="ill")
    await service.undo_cancel(_act(), clinic, booked[2].id)
    await service.hold(_act(), clinic, Wish(check_up, at("2026-12-09T09:00+02:00")), "a" * 64)
    return clinic


async def remind_and_watch() -> None:
    """Steps of the visits above, six waiting and two taken; an SMS that was delivered; an incident, and one past."""
    await reminders.plan(TUESDAY)
    await reminders.take_due(TUESDAY + timedelta(days=1))
    await fetch(
        "UPDATE message SET state = 'delivered', attempts = 1, provider_id = 'gateway-1', parts = 2, finished_at = {}, "
        "reported_at = {} WHERE recipient = '+358400000003'",
        *(TUESDAY, TUESDAY),
    )
    began = TUESDAY - timedelta(days=1)
    await Incident.insert(
        Incident(name="disk", detail="3 % free", began_at=began, ended_at=TUESDAY),
        Incident(name="backup", detail="none for 26 hours", began_at=TUESDAY),
    )


async def work_at_the_desk(clinic: Clinic) -> None:
    """An account with everything it leaves lying; a visit arrived, one beside it, a series, a block; cards joined."""
    row = await StaffUser.insert(
        StaffUser(
            public_id=REA.public_id, email="rea@tuomi.example", name=REA.name, initials="RR", role=REA.role,
            password_hash="$argon2id$none",
            practitioner=clinic.practitioners["sanna"].row, created_at=TUESDAY,
        )
    )  # fmt: skip
    rea = replace(REA, id=row[0]["id"], email="rea@tuomi.example", practitioner=clinic.practitioners["sanna"].id)
    later = TUESDAY + timedelta(days=30)
    await StaffSession.insert(
        StaffSession(
            public_id="s" * 22, token_hash=token_hash("session"), user=rea.id, created_at=TUESDAY, seen_at=TUESDAY,
            proven_at=TUESDAY, ends_at=later, agent="Chrome, Linux",
        )
    )  # fmt: skip
    await StaffLink.insert(StaffLink(token_hash=token_hash("link"), kind="reset", user=rea.id, expires_at=later))
    await RecoveryCode.insert(RecoveryCode(user=rea.id, code_hash="c" * 64))
    await feeds.make(rea, "initials", "my telephone", real=TUESDAY)
    await parking.park(rea, {"q": "eeva"}, now=TUESDAY)
    act = replace(_act(), staff=rea, actor=rea.actor, door="phone")
    await _visits_of_the_desk(act, clinic)
    known = await patients.create(act, Person("Dana Levi", phone="+358400000777", language="he"))
    double = await patients.create(act, Person("דנה לוי", phone="+358400000777", language="he"))
    await patients.merge(act, known.id, double.id)
    await patients.agree(act, known.id, "reminders", given=False)
    await patients.saw(act, known.id)


async def _visits_of_the_desk(act: Act, clinic: Clinic) -> None:
    check_up, sanna = clinic.services["check-up"].id, clinic.practitioners["sanna"].id
    room = clinic.rooms["room-1"].id
    now = Wish(check_up, at("2026-12-01T10:50+02:00"), None, sanna, room=room, by_hand=True)
    come = (await service.book(act, clinic, now, Person("Walk In"), once="", tell=False)).visit
    await service.mark(act, clinic, come.id, State.ARRIVED)
    await service.write_desk_note(act, clinic, come.id, "Waits outside")
    beside = replace(now, by_hand=False, over=True)
    await service.book(act, clinic, beside, Person("Be Side"), once="", tell=False, reason="in pain")
    days = [Wish(check_up, at(f"2026-12-{day}T13:00+02:00"), None, sanna) for day in (10, 17)]
    await service.book_series(act, clinic, days, Person("Seri Es", email="series@tuomi.example"), once="")
    await service.run_late(act, clinic, sanna, 10)
    start = at("2026-12-17T12:00+02:00")
    await service.block(act, clinic, sanna, Span(start, start + 240), "illness")


async def talk(clinic: Clinic) -> None:
    """A round that asks, a question that is open, one that was answered and one that a person has to read; what somebody
    said afterwards; who wants no offers and where nothing arrives; what SMS may cost and what was before."""
    owner = Staff(1, "o" * 22, "Olli Owner", "OO", Role.OWNER, None, all_diaries=True, language="fi")
    act, patient = replace(_act(), staff=owner, actor=owner.actor), replace(_act(), actor="patient:sms", door="sms")
    [asks] = [one for one in await rounds() if one.name == "one_day"]
    await keeping.change(act, clinic, replace(asks, answers=True), hears=True)
    visits = {visit.id: visit for visit in await visits_by_id([4, 6, 8])}
    phone, other = visits[4].phone, visits[6].phone
    await service.confirm(patient, clinic, 4)
    subjects = [prompts.Subject(6, visits[6].visit_no, "A")]
    asked = await prompts.open_one(
        other, "", Asked.CONFIRM, subjects, language="fi", until=visits[6].starts_at, now=TUESDAY
    )
    for number, (sender, text, outcome) in enumerate(
        [(phone, "1", "confirmed"), (other, "Voinko tulla myöhemmin?", "")]
    ):
        said = Incoming(str(number), sender, "", text, TUESDAY)
        await receive.store("twilio", said, text.encode(), our_number="", real=TUESDAY, now=TUESDAY)
        if outcome:
            await fetch("UPDATE inbound SET state = 'done', outcome = {} WHERE provider_id = {}", outcome, str(number))
    await fetch("UPDATE inbound SET prompt = {} WHERE sender = {}", asked, other)
    async with tx():
        await thread.to_desk(other, "unclear", now=TUESDAY)
        await refusals.opt_out(phone, "offers", source="sms", now=TUESDAY)
        await refusals.suspend("gone@tuomi.example", "bounced", now=TUESDAY, said="5.1.1")
    await feedback.asked(visits[8], contact=visits[8].phone, channel="sms", key=KEY, now=TUESDAY)
    await feedback.scored(patient, clinic, 8, 9, comment="Ystävällinen vastaanotto", by="sms")
    await feedback.decide(act, Survey(sample=50))
    await reports.decide(act, Policy(price=7_900, budget=3_000))
    await reports.say(act, Baseline(visits=400, no_shows=32))


@asynccontextmanager
async def _filled(settings: Settings) -> AsyncIterator[None]:
    engine = engine_for(settings)
    bind(engine)
    try:
        await migrate(engine, settings)
        clinic = await fill()
        await remind_and_watch()
        await work_at_the_desk(clinic)
        await talk(clinic)
        yield
    finally:
        await effects_done()
        await engine.close_connection_pool()


def _write(engine: str, sql: str) -> None:
    with gzip.GzipFile(HERE / f"{known()[-1]}.{engine}.sql.gz", "wb", mtime=0) as file:
        file.write(sql.encode())


async def main(postgres: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        async with _filled(settings):
            pass
        raw = sqlite3.connect(settings.database_file)
        _write("sqlite", "\n".join(raw.iterdump()))
        raw.close()
        async with _filled(Settings(data=Path(folder), database_url=postgres)):
            dumped = await asyncio.to_thread(
                subprocess.run,
                ["pg_dump", "--inserts", "--no-owner", "--no-privileges", postgres],
                capture_output=True,
                check=True,
            )
    _write("postgres", "\n".join(line for line in dumped.stdout.decode().splitlines() if not line.startswith("\\")))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
