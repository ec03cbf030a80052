"""One form at the desk, read: who comes, for what, when. What was left open is filled in with the likeliest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from turnet.booking.model import Wish
from turnet.clinic.model import Service
from turnet.errors import Invalid
from turnet.patients.callers import Caller
from turnet.patients.model import Found, clean_email, clean_phone
from turnet.scheduling.rules import Slot
from turnet.web.desk.booking.fits import first_that_fit
from turnet.web.desk.booking.wanted import Time, along, by_hand, narrowing, services_of, time_of, wish_of
from turnet.web.desk.cards.callers import caller_of, found
from turnet.web.desk.seat import Seat
from turnet.web.kit.forms import Form


@dataclass(frozen=True, slots=True)
class Asked:
    seat: Seat
    form: Form
    services: tuple[Service, ...]
    """The visit's own first; empty only where this person can book nothing."""
    time: Time | None
    fixed: Time | None
    """Brought along from a gap, or written by hand: not one of the proposals."""
    fits: list[Time]
    caller: Caller | None
    matches: tuple[Found, ...]
    """Those whom the typed text may mean, while nobody was chosen."""
    names: list[str] = field(repr=False)
    """Of those who come too."""

    @property
    def people(self) -> int:
        return 1 + len(self.names)

    @property
    def name(self) -> str:
        return self.caller.name if self.caller else self.form.raw.get("name", "").strip()

    @property
    def language(self) -> str:
        chosen, languages = self.form.raw.get("language", ""), self.seat.clinic.languages
        return chosen if chosen in languages else languages[0]

    @property
    def email(self) -> str:
        """In lower case; empty as long as it is no address."""
        return _or_nothing(clean_email, self.form.raw.get("email", ""))

    @property
    def phone(self) -> str:
        """E.164; empty as long as it is no number."""
        region = self.seat.clinic.region
        return _or_nothing(lambda text: clean_phone(text, region), self.form.raw.get("phone", ""))

    @property
    def channel(self) -> str:
        """Mail to whoever has an address, otherwise an SMS; empty while there is neither."""
        return "email" if self.email else "sms" if self.phone else ""

    @property
    def address(self) -> str:
        return self.email or self.phone

    @property
    def tell(self) -> bool:
        """Confirmed in writing unless somebody took the tick away."""
        raw = self.form.raw
        return raw.get("tell") == "1" or not raw.get("answered")

    def wish(self) -> Wish:
        """Of the chosen time. One visit goes in by hand; a party is seated by the rules that everybody has."""
        assert self.time is not None
        if self.people > 1:
            return Wish(self.services[0].id, self.time.start, self.time.location.id, people=self.people)
        return wish_of(self.services, self.time)


def _or_nothing(clean: Callable[[str], str], text: str) -> str:
    try:
        return clean(text)
    except Invalid:
        return ""


async def asked_for(seat: Seat, form: Form, *, owner: str) -> Asked:
    raw = dict(form.raw)
    if raw.pop("other", ""):
        raw["patient"] = ""
    raw["patient"] = raw.pop("choose", "") or raw.get("patient", "")
    caller = await caller_of(seat, raw.get("patient", ""))
    raw |= typed_person(raw, caller)
    services = services_of(seat, raw)
    if raw.pop("hand", "") and (written := by_hand(seat, raw)):
        raw["fixed"] = raw["time"] = written.code
    names = along(raw, services[0] if services else None)
    fits = await first_that_fit(seat, services, narrowing(seat, raw, 1 + len(names)), owner=owner)
    fixed = time_of(seat, raw.get("fixed", ""))
    time = _time(seat, raw, fixed, fits)
    matches = () if caller else tuple(await found(seat, raw.get("q", "")))
    raw["time"] = raw["stood"] = time.code if time else ""
    return Asked(seat, replace(form, raw=raw), services, time, fixed, fits, caller, matches, names)


def _time(seat: Seat, raw: Mapping[str, str], fixed: Time | None, fits: list[Time]) -> Time | None:
    """The one that was just picked; one that only stood there gives way when it no longer fits what is asked for."""
    sent, stood = raw.get("time", ""), raw.get("stood", "")
    picked = time_of(seat, sent)
    if picked and (sent != stood or picked == fixed or picked in fits):
        return picked
    return fixed or next(iter(fits), None)


def with_time(asked: Asked, code: str) -> Asked:
    """The same with the time that the button named, though it may be no proposal any more: then it is refused, not replaced."""
    return replace(asked, time=time_of(asked.seat, code))


def time_of_slot(asked: Asked, slot: Slot) -> Time:
    """With the person that was asked for where they have the time, so that a patient stays with whom they know."""
    clinic = asked.seat.clinic
    allowed = [one for one in slot.practitioners if asked.seat.may("visit.book", one)] or list(slot.practitioners)
    wanted = asked.time.practitioner.id if asked.time else None
    who = wanted if wanted in allowed else allowed[0]
    return Time(slot.start, clinic.location(slot.location), clinic.practitioner(who))


def typed_person(raw: Mapping[str, str], caller: Caller | None) -> dict[str, str]:
    """A known person brings their own contact points and language; what was typed over those stays."""
    of = raw.get("contacts_of", "")
    if caller is None:
        kept = {"phone": "", "email": "", "contacts_of": ""} if of else {}
        return kept | _typed(raw.get("q", "").strip(), raw)
    if of == caller.public_id:
        return {}
    return {
        "contacts_of": caller.public_id, "phone": caller.phone, "email": caller.email, "language": caller.language,
        "q": "", "name": "",
    }  # fmt: skip


def _typed(text: str, raw: Mapping[str, str]) -> dict[str, str]:
    """What was looked for in vain is the beginning of a new patient."""
    if not text or raw.get("name", "").strip():
        return {}
    if "@" in text:
        return {"email": raw.get("email") or text}
    if any(map(str.isalpha, text)):
        return {"name": text}
    return {"phone": raw.get("phone") or text}
