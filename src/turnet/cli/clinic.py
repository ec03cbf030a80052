"""`turnet init`: a clinic that can be booked, from a handful of answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from turnet.cli.hours import BadHours, weekly
from turnet.cli.opening import alone, data_option, opened, settings_of
from turnet.settings import Settings

_COUNTRIES = {
    "FI": ("Europe/Helsinki", "fi,en", "EUR", "Mon-Fri 8-12,13-16"),
    "IL": ("Asia/Jerusalem", "he,en", "ILS", "Sun-Thu 8-12,13-16; Fri 8-12"),
}
"""Country → zone, languages, currency and hours that are proposed."""
_ELSEWHERE = ("UTC", "en", "EUR", "Mon-Fri 8-12,13-16")


_SETS = ("dental", "physiotherapy", "general")
"""The names in `clinic.starter.STARTERS`, without importing them."""

Check = Callable[[str], str]
"""Returns the answer as it is kept, or raises `click.BadParameter`."""


def _languages(value: str) -> str:
    from turnet.i18n import LANGUAGES  # noqa: PLC0415  (with gettext, for one question)

    codes = [code.strip().lower() for code in value.split(",")]
    for code in codes:
        if code not in LANGUAGES:
            raise click.BadParameter(f"{code!r} is not one of {', '.join(LANGUAGES)}.")
    return ",".join(codes)


def _zone(value: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415

    if value not in available_timezones():
        raise click.BadParameter(f"{value!r} is not a time zone; write for example Europe/Helsinki.")
    return value


def _letters(count: int, example: str) -> Check:
    def check(value: str) -> str:
        if not (len(value) == count and value.isalpha() and value.isascii()):
            raise click.BadParameter(f"{value!r} is not {count} letters, such as {example}.")
        return value.upper()

    return check


def _hours(value: str) -> str:
    try:
        weekly(value)
    except BadHours as error:
        raise click.BadParameter(f"{error}.") from error
    return value


def _set(value: str) -> str:
    if value not in _SETS:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(_SETS)}.")
    return value


def _some(value: str) -> str:
    if not value.strip():
        raise click.BadParameter("it cannot be empty.")
    return value.strip()


def _mailbox(value: str) -> str:
    if value.strip() and "@" not in value.strip("@ "):
        raise click.BadParameter(f"{value!r} is not a mail address, such as desk@clinic.example.")
    return value.strip()


@dataclass(frozen=True)
class Question:
    name: str
    text: str
    check: Check
    proposed: Callable[[str], str]
    """Of the country; empty: there is no answer but the owner's."""


def _proposed(place: int) -> Callable[[str], str]:
    return lambda country: _COUNTRIES.get(country, _ELSEWHERE)[place]


QUESTIONS = (
    Question("name", "The clinic's name", _some, lambda _country: ""),
    Question("country", "Country, two letters", _letters(2, "FI or IL"), lambda _country: "FI"),
    Question("zone", "Time zone", _zone, _proposed(0)),
    Question("languages", "Languages out of en, fi, he; the default first", _languages, _proposed(1)),
    Question("currency", "Currency, three letters", _letters(3, "EUR"), _proposed(2)),
    Question("location", "Name of the place", _some, lambda _country: ""),
    Question("address", "Street address", _some, lambda _country: ""),
    Question("city", "Postal code and city", _some, lambda _country: ""),
    Question("practitioner", "Name of the first practitioner", _some, lambda _country: ""),
    Question("hours", "Weekly hours", _hours, _proposed(3)),
    Question("services", f"Services to start from ({', '.join(_SETS)})", _set, lambda _country: "general"),
)


def _checked(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    question = next(question for question in QUESTIONS if question.name == parameter.name)
    return None if value is None else question.check(value)


@click.command(short_help="Create your clinic.")
@data_option
@click.option("--name", callback=_checked, help="The clinic's name.")
@click.option("--country", callback=_checked, help="Two letters: how telephone numbers are read, whose holidays count.")
@click.option("--zone", callback=_checked, help="Time zone, such as Europe/Helsinki.")
@click.option("--languages", callback=_checked, help="Out of en, fi, he; comma-separated, the default first.")
@click.option("--currency", callback=_checked, help="Three letters, such as EUR.")
@click.option("--location", callback=_checked, help="Name of the place, such as a part of town.")
@click.option("--address", callback=_checked, help="Its street address.")
@click.option("--city", callback=_checked, help="Its postal code and city.")
@click.option("--practitioner", callback=_checked, help="Name of the first practitioner.")
@click.option("--hours", callback=_checked, help='Weekly hours, such as "Mon-Fri 8-12,13-16; Sat 10-14".')
@click.option("--services", callback=_checked, help=f"Services to start from: {', '.join(_SETS)}.")
@click.option("--phone", default="", help="The clinic's telephone.")
@click.option("--email", type=_mailbox, metavar="TEXT", default="", help="The mailbox that is told of every booking.")
@click.option(
    "--step", type=click.IntRange(5, 120), default=20, show_default=True, help="Minutes between offered starts."
)
@click.option("--yes", is_flag=True, help="Ask nothing: take what is proposed for whatever is missing.")
def init(data: Path | None, yes: bool, phone: str, email: str, step: int, **given: str | None) -> None:
    """Create your clinic: asks a few questions, or takes the answers as options.

    \b
    Example:
      turnet init
      turnet init --yes --name "Hammashoitola Tuomi" --country FI --languages fi,en \\
        --location Keskusta --address "Hämeenkatu 14 B" --city "33100 Tampere" \\
        --practitioner "Sanna Koivisto" --hours "Mon-Fri 8-12,13-16" --services dental
    """
    settings = settings_of(data)
    if settings.database_url or settings.database_file.exists():
        asyncio.run(_refuse_second(settings))
    answers = _answers(given, ask=not yes)
    if not yes:
        phone = phone or _optional("The clinic's telephone (Enter: none)", str.strip)
        email = email or _optional("Mailbox that is told of every booking (Enter: none)", _mailbox)
    with alone(settings):
        link = asyncio.run(_create(settings, answers, phone=phone, email=email, step=step))
    click.echo(_next(settings, answers, link))


def _answers(given: dict[str, str | None], *, ask: bool) -> dict[str, str]:
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        value = given[question.name]
        proposed = answers["name"] if question.name == "location" else question.proposed(answers.get("country", ""))
        if value is None and ask:
            value = click.prompt(question.text, default=proposed or None, value_proc=question.check)
        if value is None and not proposed:
            raise click.UsageError(f"--{question.name} is missing.")
        answers[question.name] = proposed if value is None else value
    return answers


def _optional(text: str, check: Check) -> str:
    said: str = click.prompt(text, default="", show_default=False, value_proc=check)
    return said


async def _refuse_second(settings: Settings) -> None:
    """Before all the questions, not after."""
    from turnet.db.start import pending  # noqa: PLC0415
    from turnet.db.transactions import fetch  # noqa: PLC0415

    async with opened(settings, make=True) as engine:
        if not await pending(engine) and await fetch("SELECT id FROM clinic WHERE id = 1"):
            raise click.ClickException("there is a clinic already; turnet serve opens it")


async def _create(settings: Settings, answers: dict[str, str], *, phone: str, email: str, step: int) -> str:
    """Returns the token of the first owner's one-time link."""
    from turnet.clinic import service as setup  # noqa: PLC0415
    from turnet.clinic.starter import STARTERS  # noqa: PLC0415
    from turnet.clock import SystemClock  # noqa: PLC0415
    from turnet.db.start import migrate, settled_key  # noqa: PLC0415
    from turnet.ids import fingerprint  # noqa: PLC0415
    from turnet.staff.service.links import first_owner  # noqa: PLC0415

    languages = tuple(answers["languages"].split(","))
    async with opened(settings, make=True) as engine:
        await migrate(engine, settings)
        key = await settled_key(settings)
        async with setup.change():
            await setup.create_clinic(
                {languages[0]: answers["name"]},
                zone=answers["zone"],
                languages=languages,
                region=answers["country"],
                currency=answers["currency"],
                key_fingerprint=fingerprint(key),
                phone=phone,
                email=email,
            )
            who, room = await _premises(answers, languages, phone=phone, email=email, step=step)
            for offer in STARTERS[answers["services"]]:
                columns = offer.columns(answers["currency"], languages)
                await setup.add_service(practitioners=[who], rooms=[room], **columns)
        token = await first_owner(SystemClock().real())
        assert token is not None  # the database was made just now
        return token


async def _premises(
    answers: dict[str, str], languages: tuple[str, ...], *, phone: str, email: str, step: int
) -> tuple[int, int]:
    """The place, its room and the practitioner with their week; returns the resource ids of the last two."""
    from turnet.clinic import service as setup  # noqa: PLC0415
    from turnet.clinic.starter import WAITING, spoken  # noqa: PLC0415
    from turnet.scheduling.rules import Session, WeeklySession  # noqa: PLC0415

    own = languages[0]
    location = await setup.add_location(
        setup.slug_of(answers["location"], "main"),
        {own: answers["location"]},
        address={own: answers["address"]},
        city={own: answers["city"]},
        waiting=spoken(WAITING, languages),
        phone=phone,
        email=email,
    )
    room = await setup.add_room("room-1", {own: "1"}, location=location)
    who = await setup.add_practitioner(
        setup.slug_of(answers["practitioner"], "practitioner"), {own: answers["practitioner"]}, languages=languages
    )
    await setup.set_weekly_hours(
        who,
        [
            WeeklySession(who, opening.weekday, Session(location, opening.opens, opening.closes, step))
            for opening in weekly(answers["hours"])
        ],
    )
    return who, room


def _next(settings: Settings, answers: dict[str, str], token: str) -> str:
    data = "" if str(settings.data) == "turnet-data" else f" --data {settings.data}"
    return f"""{answers["name"]} is ready in {settings.data}.

Next:
  turnet serve{data}    open {settings.origin} and book a time
  {settings.origin}/join/{token}
      choose your password there: it makes you the owner of the desk, once, within a day
  turnet day{data}      the day's list
  turnet doctor{data}   what is still missing before patients come

For patients, set TURNET_BASE_URL, TURNET_MAIL_URL and TURNET_MAIL_FROM in {settings.data}/turnet.toml or the
environment; docs/settings.md lists every setting. Keep {settings.key_file} in your backups."""
