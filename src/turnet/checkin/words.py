"""What the clinic itself says around a visit, written by whoever manages its messages; and which poster is good."""

from collections.abc import Mapping
from types import MappingProxyType

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.clinic import service as clinic_service
from turnet.clinic.model import Clinic, Location, Texts
from turnet.db.transactions import tx
from turnet.errors import Invalid, NotFound
from turnet.staff.permissions import require

LONGEST: Mapping[str, int] = MappingProxyType({"waiting": 80, "instructions": 1000, "aftercare": 1000})
"""Signs of each text in one language; where to sit is said in an SMS."""
TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"location": ("waiting",), "service": ("instructions", "aftercare")}
)
"""Kind of thing → the texts it has."""


async def write_words(act: Act, clinic: Clinic, kind: str, slug: str, words: Mapping[str, Texts]) -> None:
    """Replaces the texts (name → {language: text}) of a `location` or `service`; an empty one is said in no language.

    Raises NotYours, NotFound, Invalid (`waiting.he`: `too_long`, or `default_missing` of the clinic's first language).
    """
    require(act.staff, "rounds.manage")
    if kind not in TEXTS or set(words) != set(TEXTS[kind]):
        raise NotFound(kind=kind)
    tidy = {name: {code: text.strip() for code, text in texts.items()} for name, texts in words.items()}
    if wrong := {field: code for name, texts in tidy.items() for field, code in _wrong(clinic, name, texts)}:
        raise Invalid(wrong)
    async with tx():
        await clinic_service.write_texts(kind, slug, **tidy)
        facts = {"kind": kind, "slug": slug}
        await note(act.actor, "words_written", real=act.real, facts=facts)


def _wrong(clinic: Clinic, name: str, texts: Texts) -> list[tuple[str, str]]:
    long = [(f"{name}.{code}", "too_long") for code, text in texts.items() if len(text) > LONGEST[name]]
    first = clinic.default_language
    if any(texts.values()) and not texts.get(first):
        long.append((f"{name}.{first}", "default_missing"))
    return long


async def renew_poster(act: Act, location: Location) -> None:
    """The old poster leads nowhere, and the tablet has to be shown the new address. Raises NotYours."""
    require(act.staff, "rounds.manage")
    async with tx():
        await clinic_service.renew_door(location.id)
        await note(act.actor, "poster_renewed", real=act.real, facts={"location": location.id})
