"""A small clinic to test against. `await a_clinic()` and read on; ids come back on the `Clinic` it returns."""

import json
from datetime import UTC, datetime

from turnet.clinic import tables
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load
from turnet.clock import minute
from turnet.db.transactions import tx
from turnet.staff.model import Role, Staff

TUESDAY = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)
"""Tuesday 1 December 2026, 10:42 in Helsinki: where the `clock` fixture stands."""


REA = Staff(
    id=1, public_id="r" * 22, name="Rea Reception", initials="RR", role=Role.RECEPTION, practitioner=None,
    all_diaries=False, language="en",
)  # fmt: skip
"""At the desk, in nobody's diary of her own."""


def at(text: str) -> int:
    """`at("2026-12-03T09:20+02:00")` in minutes since 1970 UTC."""
    return minute(datetime.fromisoformat(text))


def _three(en: str, fi: str, he: str) -> str:
    return json.dumps({"en": en, "fi": fi, "he": he})


async def a_clinic(*, zone: str = "Europe/Helsinki", region: str = "FI", languages: str = "en,fi,he") -> Clinic:
    """Two locations, three practitioners, three rooms, four services; Monday to Friday 8–12 and 13–16, every 20 minutes.

    Keskusta has rooms 1 and 2, Hervanta has room 3. Sanna (dentist) and Pekka (dentist) work in Keskusta, Omri
    (hygienist) in Hervanta on weekday mornings. `check-up` (30 min, 10 min of cleaning after, in the room) is done by both dentists,
    `root-canal` (90 min) by Sanna alone, `cleaning` (40 min) by Omri alone, `acute` (20 min, urgent, no lead time) by all.
    """
    async with tx():  # one write to the disk instead of seventy
        await _made(zone, region, languages)
    clinic = await load()
    assert clinic is not None
    return clinic


async def _made(zone: str, region: str, languages: str) -> None:
    await tables.Clinic.insert(
        tables.Clinic(
            id=1,
            name=_three("Tuomi Dental", "Hammashoitola Tuomi", "מרפאת תומי"),
            strapline=_three("Dentists in Tampere", "Hammaslääkärit Tampereella", "רופאי שיניים בטמפרה"),
            zone=zone,
            languages=languages,
            region=region,
            currency="EUR",
            phone="+35830000116",
            email="desk@tuomi.example",
            out_of_hours=_three(
                "After hours, call 03 000 0116.", "Iltaisin soita 03 000 0116.", "אחרי השעות: 03 000 0116"
            ),
            privacy=_three(
                "We keep what the visit needs.", "Säilytämme vain tarpeellisen.", "אנו שומרים רק את הנדרש לביקור."
            ),
        )
    )
    await tables.Diary.insert(tables.Diary(id=1))
    keskusta = await _location("keskusta", _three("Keskusta", "Keskusta", "מרכז"), "Hämeenkatu 14 B", 0)
    hervanta = await _location("hervanta", _three("Hervanta", "Hervanta", "הרוונטה"), "Insinöörinkatu 30", 1)
    people = {
        "sanna": await _practitioner("sanna", "Sanna Koivisto", _three("Dentist", "Hammaslääkäri", "רופאת שיניים"), 0),
        "pekka": await _practitioner("pekka", "Pekka Laine", _three("Dentist", "Hammaslääkäri", "רופא שיניים"), 1),
        "omri": await _practitioner("omri", "עמרי כהן", _three("Hygienist", "Suuhygienisti", "שיננית"), 2),
    }
    rooms = [await _room(f"room-{n}", n, keskusta if n < 3 else hervanta) for n in (1, 2, 3)]
    await tables.Hours.insert(
        *(
            tables.Hours(
                practitioner=people[who], location=where, weekday=day, opens=opens * 60, closes=closes * 60, step=20
            )
            for day in range(5)
            for who, where, opens, closes in (
                ("sanna", keskusta, 8, 12), ("sanna", keskusta, 13, 16), ("pekka", keskusta, 8, 12),
                ("pekka", keskusta, 13, 16), ("omri", hervanta, 8, 12),
            )
        )
    )  # fmt: skip
    both, all_ = [people["sanna"], people["pekka"]], list(people.values())
    await _service(
        "check-up", _three("Check-up", "Tarkastus", "בדיקה"), 30, both, rooms[:2], price=7900, room_after=10, people=3
    )
    await _service("root-canal", _three("Root canal", "Juurihoito", "טיפול שורש"), 90, both[:1], rooms[:2], price=32000)
    await _service("cleaning", _three("Cleaning", "Puhdistus", "ניקוי"), 40, [people["omri"]], rooms[2:], price=6500)
    await _service("acute", _three("Acute pain", "Päivystys", "כאב דחוף"), 20, all_, rooms, urgent=True, lead=0)


async def _location(slug: str, name: str, street: str, position: int) -> int:
    rows = await tables.Location.insert(
        tables.Location(
            slug=slug,
            name=name,
            address=json.dumps({"en": street}),
            city=json.dumps({"en": "Tampere"}),
            directions=_three("By the square.", "Torin laidalla.", "ליד הכיכר."),
            phone="+35830000140",
            email=f"{slug}@tuomi.example",
            latitude=61.498,
            longitude=23.761,
            position=position,
        )
    )
    return int(rows[0]["id"])


async def _resource(kind: str) -> int:
    return int((await tables.Resource.insert(tables.Resource(kind=kind)))[0]["id"])


async def _practitioner(slug: str, name: str, title: str, position: int) -> int:
    row = tables.Practitioner(
        resource=await _resource("practitioner"),
        slug=slug,
        name=json.dumps({"en": name}),
        title=title,
        languages="fi,en",
        position=position,
    )
    return int((await tables.Practitioner.insert(row))[0]["id"])


async def _room(slug: str, number: int, location: int) -> int:
    row = tables.Room(
        resource=await _resource("room"), location=location, slug=slug, name=_three(*[f"{number}"] * 3), position=number
    )
    return int((await tables.Room.insert(row))[0]["id"])


async def _service(slug: str, name: str, minutes: int, people_: list[int], rooms: list[int], **more: object) -> None:
    row = tables.Service(
        slug=slug, name=name, summary=name, minutes=minutes, position=await tables.Service.count(), **more
    )
    service = int((await tables.Service.insert(row))[0]["id"])
    await tables.ServicePractitioner.insert(
        *(tables.ServicePractitioner(service=service, practitioner=one) for one in people_)
    )
    await tables.ServiceRoom.insert(*(tables.ServiceRoom(service=service, room=one) for one in rooms))
