"""Writes a made-up clinic into an empty database, through the same acts as `turnet init`."""

from collections.abc import Mapping
from datetime import date, timedelta

from turnet.clinic import service as setup
from turnet.clinic.starter import DENTAL, StarterService
from turnet.demo.clinics import EREZ, TUOMI, MadeUp, Place, Somebody, in_three
from turnet.scheduling.hours import day_span, instants
from turnet.scheduling.rules import Session, WeeklySession
from turnet.scheduling.spans import Span

_LATE_FEE = {"EUR": 4000, "ILS": 15000}
"""Minor units."""
_MOVE_UNTIL = 240
"""Minutes: whoever is reminded a day before, and cannot come, is offered other times."""
_LANGUAGES = {"en": ("en", "fi", "he"), "fi": ("fi", "en", "he"), "he": ("he", "en", "fi")}
_PRIVACY = in_three(
    "We keep your name, how to reach you and the times of your visits, so that we can receive you. We sell nothing and "
    "show nothing to anybody else. Ask at the desk to see or correct what we hold.",
    "Säilytämme nimesi, yhteystietosi ja käyntiaikasi, jotta voimme ottaa sinut vastaan. Emme myy emmekä näytä "
    "tietojasi muille. Kysy vastaanotosta, jos haluat nähdä tai korjata tietosi.",
    "אנחנו שומרים את השם, את דרכי הקשר ואת מועדי הביקורים, כדי שנוכל לקבל אתכם. איננו מוכרים מידע ואיננו מראים אותו "
    "לאיש. אפשר לבקש במזכירות לראות או לתקן את הפרטים.",
)
_ROOM = in_three("Room {n}", "Huone {n}", "חדר {n}")
_TRAINING = in_three("Training day", "Koulutuspäivä", "יום השתלמות")
_HOLIDAY = in_three("On holiday", "Lomalla", "בחופשה")
_SERVICING = in_three("The chair is being serviced", "Hoitoyksikkö huollossa", "הכיסא בטיפול טכני")


async def build(lang: str, today: date, key_fingerprint: str) -> None:
    """Writes the clinic of this language as one act; dates hang on `today`, the clinic's local day."""
    clinic = EREZ if lang == "he" else TUOMI
    async with setup.change():
        await _found(clinic, _LANGUAGES[lang], key_fingerprint)
        locations = {place.slug: await _place(place, clinic) for place in clinic.places}
        rooms = await _rooms(clinic, locations)
        people = {one.slug: await _somebody(one, locations) for one in clinic.team}
        for offer in DENTAL:
            await _offer(offer, clinic, _LANGUAGES[lang], people, rooms)
        await _closures(clinic, today, list(locations.values()), list(people.values()), rooms)


async def _found(clinic: MadeUp, languages: tuple[str, ...], key_fingerprint: str) -> None:
    await setup.create_clinic(
        clinic.name,
        zone=clinic.zone,
        languages=languages,
        region=clinic.region,
        currency=clinic.currency,
        key_fingerprint=key_fingerprint,
        strapline=clinic.strapline,
        phone=clinic.phone,
        email=f"desk@{clinic.domain}",
        brand=clinic.brand,
        out_of_hours=clinic.out_of_hours,
        privacy=_PRIVACY,
    )


async def _place(place: Place, clinic: MadeUp) -> int:
    return await setup.add_location(
        place.slug,
        place.name,
        address=place.address,
        city=clinic.city,
        directions=place.directions,
        waiting=place.waiting,
        phone=place.phone,
        email=f"{place.slug}@{clinic.domain}",
        latitude=place.at[0],
        longitude=place.at[1],
    )


async def _rooms(clinic: MadeUp, locations: Mapping[str, int]) -> list[int]:
    rooms: list[int] = []
    for place in clinic.places:
        for _n in range(place.rooms):
            number = len(rooms) + 1
            name = {language: text.format(n=number) for language, text in _ROOM.items()}
            rooms.append(await setup.add_room(f"room-{number}", name, location=locations[place.slug]))
    return rooms


async def _somebody(one: Somebody, locations: Mapping[str, int]) -> int:
    who = await setup.add_practitioner(one.slug, one.name, title=one.title, about=one.about, languages=one.languages)
    await setup.set_weekly_hours(who, list(week(who, one, locations)))
    return who


def week(who: int, one: Somebody, locations: Mapping[str, int]) -> list[WeeklySession]:
    rules = []
    for rule in one.hours.split("; "):
        days, place, times = rule.split()
        for day in days:
            for pair in times.split(","):
                opens, closes = (int(time[:2]) * 60 + int(time[2:]) for time in pair.split("-"))
                rules.append(WeeklySession(who, int(day), Session(locations[place], opens, closes, one.step)))
    return rules


async def _offer(
    offer: StarterService, clinic: MadeUp, languages: tuple[str, ...], people: Mapping[str, int], rooms: list[int]
) -> None:
    columns = offer.columns(clinic.currency, languages)
    if not offer.urgent:
        columns["move_until"] = _MOVE_UNTIL
    if not offer.urgent and offer.prices:
        columns["late_fee"] = _LATE_FEE[clinic.currency]
    await setup.add_service(
        practitioners=[people[one.slug] for one in clinic.team if offer.slug in one.does], rooms=rooms, **columns
    )


async def _closures(clinic: MadeUp, today: date, locations: list[int], people: list[int], rooms: list[int]) -> None:
    """Training days, a holiday, a chair being serviced, and the founder in on one weekend."""
    first, last = _tuesday(today, 17), _tuesday(today, 31)
    await setup.close(_clock(clinic, first, 12 * 60, 24 * 60), _TRAINING)
    await setup.close(
        Span(day_span(clinic.zone, last).start, day_span(clinic.zone, last + timedelta(days=6)).end),
        _HOLIDAY,
        resource=people[3],
    )
    await setup.close(_clock(clinic, _tuesday(today, 9), 8 * 60, 10 * 60), _SERVICING, resource=rooms[0])
    await setup.close(day_span(clinic.zone, _tuesday(today, -24)), _TRAINING)
    extra = _tuesday(today, 22) + timedelta(days=3 if clinic is EREZ else 4)
    await setup.set_dated_hours(people[0], extra, [Session(locations[0], 9 * 60, 13 * 60, 20)])


def _tuesday(today: date, days: int) -> date:
    """The first one at least that many days from today: nobody closes for training on a day off."""
    day = today + timedelta(days=days)
    return day + timedelta(days=(1 - day.weekday()) % 7)


def _clock(clinic: MadeUp, day: date, opens: int, closes: int) -> Span:
    end = day_span(clinic.zone, day).end if closes == 24 * 60 else instants(clinic.zone, day, closes)[0]
    return Span(instants(clinic.zone, day, opens)[0], end)
