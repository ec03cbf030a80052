"""What our answers to an SMS say besides the visits: times to choose from, who is meant, where to sit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.lists import format_list

from turnet import i18n
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.format import clock_time, day_short
from turnet.i18n import pgettext

LONGEST_NAME = 20
_HEBREW = dict(zip("ABCDEF", "אבגדהו", strict=True))


def words(facts: Mapping[str, Any], visits: Sequence[Visit], clinic: Clinic) -> dict[str, Any]:
    """In the language being spoken. What `facts` may hold, besides `visits` (row ids), all left out where it is not so:

    `names`: say whom it is about · `times`: (letter, instant) of those offered · `letters`: of each visit ·
    `until`: instant to which those are held · `gone`: the time they chose was · `cannot`: ask who cannot come ·
    `late`: minutes · `here`: they are at the door · `stays`: so does the time they have ·
    `wants_out`: they may have wanted to cancel a visit
    """
    return {
        "when": _when(visits, clinic, names=facts.get("names", False)),
        "who": ", ".join(visit.first_name[:LONGEST_NAME] for visit in visits) if facts.get("names") else "",
        "times": _times(facts.get("times", ()), clinic),
        "lettered": _lettered(facts.get("letters", {}), visits, clinic),
        "until": _until(facts.get("until"), clinic),
        "gone": facts.get("gone", False),
        "cannot": facts.get("cannot", False),
        "late": facts.get("late", 0),
        "here": facts.get("here", False),
        "stays": facts.get("stays", False),
        "waiting": _waiting(visits, clinic),
        "coming": bool(visits) and visits[0].coming,
        "wants_out": facts.get("wants_out", False),
    }


def shown(letter: str) -> str:
    """As it stands in a text of this language."""
    return _HEBREW.get(letter, letter) if i18n.current().code == "he" else letter


def _when(visits: Sequence[Visit], clinic: Clinic, *, names: bool) -> str:
    """`Thu 3 Dec 09:30`; of several people `Thu 3 Dec: Anna 09:00, Eero 09:20`."""
    local = [visit.starts_at.astimezone(clinic.zone) for visit in visits]
    days = {moment.date() for moment in local}
    if len(days) != 1:
        return ", ".join(
            _about(visit, moment, names=names, day=True) for visit, moment in zip(visits, local, strict=True)
        )
    each = ", ".join(_about(visit, moment, names=names) for visit, moment in zip(visits, local, strict=True))
    return f"{_day(local[0])}: {each}" if names or len(visits) > 1 else f"{_day(local[0])} {each}"


def _day(at: datetime) -> str:
    return pgettext("in a sentence", "%(day)s") % {"day": day_short(at)}


def _about(visit: Visit, local: datetime, *, names: bool, day: bool = False) -> str:
    said = [visit.first_name[:LONGEST_NAME] if names else "", _day(local) if day else "", clock_time(local)]
    return " ".join(part for part in said if part)


def _times(times: Sequence[Sequence[str]], clinic: Clinic) -> str:
    """`A Thu 3 Dec 10:00, B Fri 4 Dec 08:30 or C Mon 7 Dec 14:00`; in Hebrew no line ends amid one: it would be a wall of
    figures."""
    language = i18n.current()
    moments = [(shown(letter), datetime.fromisoformat(at).astimezone(clinic.zone)) for letter, at in times]
    if language.code == "he":
        each = (f"{letter} {day_short(at).replace(',', '')} {clock_time(at)}" for letter, at in moments)
        return ", ".join(one.replace(" ", "\u00a0") for one in each)
    said = [f"{letter} {day_short(at)} {clock_time(at)}" for letter, at in moments]
    return str(format_list(said, "or", locale=language.locale)) if said else ""


def _until(at: str | None, clinic: Clinic) -> str:
    return clock_time(datetime.fromisoformat(at).astimezone(clinic.zone)) if at else ""


def _lettered(letters: Mapping[str, str], visits: Sequence[Visit], clinic: Clinic) -> str:
    """`A Dana 14:30, B Omer 15:00`, with the days where they differ and names where there are several people."""
    named = sorted((letters[str(visit.id)], visit) for visit in visits if str(visit.id) in letters)
    local = {visit.id: visit.starts_at.astimezone(clinic.zone) for visit in visits}
    days = len({moment.date() for moment in local.values()}) > 1
    names = len({visit.first_name for visit in visits}) > 1
    return ", ".join(
        f"{shown(letter)} {_about(visit, local[visit.id], names=names, day=days)}" for letter, visit in named
    )


def _waiting(visits: Sequence[Visit], clinic: Clinic) -> str:
    """Where to sit, as a sentence; of several places each once."""
    texts = [str(clinic.text(clinic.location(visit.location).waiting, i18n.current().code)) for visit in visits]
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in dict.fromkeys(texts) if text)
