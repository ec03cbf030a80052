"""The clinic as everybody else reads it: frozen, whole, loaded once per setup version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from turnet.scheduling.rules import ServiceRules, Setup

Texts = Mapping[str, str]
"""{language: text}"""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the clinic in the language it was found in."""

    text: str
    language: str

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    slug: str
    name: Texts
    address: Texts
    city: Texts
    directions: Texts
    phone: str
    email: str
    latitude: float | None
    longitude: float | None
    waiting: Texts = field(default_factory=dict)
    """Where to sit, as whoever has checked in is told."""
    door_no: int = 1
    """Which poster at the door is good."""


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    """Its resource id, as everywhere outside `clinic`."""
    row: int
    slug: str
    name: Texts
    location: int


@dataclass(frozen=True, slots=True)
class Practitioner:
    id: int
    """Their resource id, as everywhere outside `clinic`."""
    row: int
    slug: str
    name: Texts
    title: Texts
    about: Texts
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    id: int
    slug: str
    name: Texts
    summary: Texts
    instructions: Texts
    """What to bring and do before the visit."""
    rules: ServiceRules
    price: int
    late_fee: int
    urgent: bool
    online: bool
    aftercare: Texts = field(default_factory=dict)
    """What to know after the visit."""


@dataclass(frozen=True)
class Clinic:
    """`services`, `practitioners`, `locations` and `rooms` are by slug, in the clinic's order, active ones only."""

    version: int
    name: Texts
    strapline: Texts
    languages: tuple[str, ...]
    """The default language first."""
    region: str
    currency: str
    phone: str
    email: str
    brand: str
    out_of_hours: Texts
    privacy: Texts
    zone: ZoneInfo
    services: Mapping[str, Service]
    practitioners: Mapping[str, Practitioner]
    locations: Mapping[str, Location]
    rooms: Mapping[str, Room]
    setup: Setup
    moved_slugs: Mapping[tuple[str, str], str]
    """(kind, old slug) → slug of today."""

    @property
    def default_language(self) -> str:
        return self.languages[0]

    def text(self, texts: Texts, language: str) -> Text:
        """The asked language if the clinic wrote it, else its default, else whatever there is."""
        for choice in (language, self.default_language, *texts):
            if texts.get(choice):
                return Text(texts[choice], choice)
        return Text("", language)

    def service(self, id: int) -> Service:
        return self._by_id[("service", id)]  # type: ignore[return-value]

    def practitioner(self, id: int) -> Practitioner:
        """By resource id; inactive ones too, because visits outlive them."""
        return self._by_id[("practitioner", id)]  # type: ignore[return-value]

    def room(self, id: int) -> Room:
        return self._by_id[("room", id)]  # type: ignore[return-value]

    def location(self, id: int) -> Location:
        return self._by_id[("location", id)]  # type: ignore[return-value]

    _by_id: Mapping[tuple[str, int], object]
    """Every row, inactive ones included."""
