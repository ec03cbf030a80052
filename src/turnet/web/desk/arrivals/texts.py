"""`/admin/texts`: where to sit, what to bring, what to know afterwards: the clinic's own words, in each of its languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.checkin.words import LONGEST, TEXTS, write_words
from turnet.clinic.model import Clinic, Location, Service, Texts
from turnet.errors import Invalid, NotFound
from turnet.i18n import LANGUAGES, _
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked
from turnet.web.public.words import language_name

OWN = "/admin/texts"
FEW = 200
"""Signs that two lines hold."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A location or a service with its texts."""

    kind: str
    slug: str
    name: Texts
    texts: Mapping[str, Texts]

    @property
    def href(self) -> str:
        return f"{OWN}/edit?of={self.kind}&slug={self.slug}"

    @property
    def missing(self) -> bool:
        return not all(self.texts.values())

    def untold(self, languages: Iterable[str]) -> list[str]:
        """In which of these languages something is not said that another says."""
        return [
            code for code in languages if any(any(said.values()) and not said.get(code) for said in self.texts.values())
        ]


@dataclass(frozen=True, slots=True)
class Field:
    """One text in one language."""

    name: str
    """`waiting.he`."""
    label: str
    language: str
    direction: str
    rows: int
    hint: str


@dataclass(frozen=True, slots=True)
class TextsPage:
    frame: DeskFrame
    clinic: Clinic
    said: Said | None
    locations: Sequence[Thing]
    services: Sequence[Thing]

    def lacks(self, thing: Thing) -> str:
        """Whose language it lacks, and what they get instead (`Clinic.text`); empty: nobody's."""
        untold = [language_name(code) for code in thing.untold(self.clinic.languages)]
        if not untold:
            return ""
        words = {"languages": ", ".join(untold), "default": language_name(self.clinic.default_language)}
        return _("Missing: %(languages)s. Whoever reads that gets it in %(default)s.") % words


@dataclass(frozen=True, slots=True)
class EditPage:
    frame: DeskFrame
    said: None
    thing: Thing
    parts: Sequence[tuple[str, str, Sequence[Field]]]
    """(heading, what it is for, a field for each language)."""
    form: Form


@get(OWN, act="rounds.manage", include_in_schema=False)
async def texts(request: AnyRequest) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    page = TextsPage(
        frame=seat.frame("more"),
        clinic=seat.clinic,
        said=Said(_("Saved. It is said from now on.")) if query.get("saved") else None,
        locations=[_thing("location", one) for one in seat.clinic.locations.values()],
        services=[_thing("service", one) for one in seat.clinic.services.values()],
    )
    return Page("desk/arrivals/texts.html", page, headers={"Cache-Control": "no-store"})


@get(f"{OWN}/edit", act="rounds.manage", include_in_schema=False)
async def edit(request: AnyRequest) -> Response[Any]:
    """`of`: `location` or `service`, and its `slug`; without them the first location."""
    seat, query = await seated(request), asked.once(request)
    first = next(iter(seat.clinic.locations), "")
    thing = _found(seat.clinic, query.get("of", "location"), query.get("slug", first))
    typed = {f"{name}.{code}": text for name, said in thing.texts.items() for code, text in said.items()}
    return _page(seat, thing, Form(typed))


@post(f"{OWN}/edit", act="rounds.manage", include_in_schema=False)
async def save(request: AnyRequest) -> Response[Any]:
    """A field `waiting.he` for each text and language of the thing."""
    seat = await seated(request)
    languages = seat.clinic.languages
    names = [f"{name}.{code}" for texts in TEXTS.values() for name in texts for code in languages]
    form = await forms.read(request, ("of", "slug", *names))
    thing = _found(seat.clinic, form.raw.get("of", ""), form.raw.get("slug", ""))
    words = {name: {code: form.raw.get(f"{name}.{code}", "") for code in languages} for name in thing.texts}
    try:
        await write_words(desk_act(request, seat), seat.clinic, thing.kind, thing.slug, words)
    except Invalid as error:
        wrong = {field: _sentence(field, code) for field, code in error.fields.items()}
        return _page(seat, thing, form.with_errors(wrong, names), status=422)
    return done(request, f"{OWN}?saved=1")


def _sentence(field: str, code: str) -> str:
    if code == "too_long":
        most = LONGEST[field.partition(".")[0]]
        return _("That is too long: at most %(most)s characters.") % {"most": most}
    return _("Write it in this language first: whoever reads none of the others gets it.")


def _found(clinic: Clinic, kind: str, slug: str) -> Thing:
    """Raises NotFound."""
    things: Mapping[str, Mapping[str, Location | Service]] = {"location": clinic.locations, "service": clinic.services}
    found = things.get(kind, {}).get(slug)
    if found is None:
        raise NotFound(**{kind: slug})
    return _thing(kind, found)


def _thing(kind: str, found: Location | Service) -> Thing:
    return Thing(kind, found.slug, found.name, {name: getattr(found, name) for name in TEXTS[kind]})


def _page(seat: Seat, thing: Thing, form: Form, *, status: int = 200) -> Page:
    words = {
        "waiting": (_("Where to sit"), _("Said to whoever has checked in, by SMS too: a few words, such as Waiting room 2.")),
        "instructions": (_("Before the visit"), _("What to bring and do. It stands on the visit’s page and goes out before it.")),
        "aftercare": (_("After the visit"), _("What to know and when to call. It goes out after it.")),
    }  # fmt: skip
    parts = [(*words[name], [_field(name, code) for code in seat.clinic.languages]) for name in thing.texts]
    page = EditPage(seat.frame("more"), None, thing, parts, form)
    headers = {"Cache-Control": "no-store"}
    return Page("desk/arrivals/edit_texts.html", page, block="body", status=status, headers=headers)


def _field(name: str, code: str) -> Field:
    language = LANGUAGES[code]
    rows = 2 if LONGEST[name] < FEW else 4
    hint = _("At most %(most)s characters.") % {"most": LONGEST[name]}
    return Field(f"{name}.{code}", language.own_name, code, language.direction, rows, hint)


routes: list[ControllerRouterHandler] = [texts, edit, save]
