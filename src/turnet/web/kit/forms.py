"""A form keeps what was typed and says, field by field, what to put right. It never raises for what somebody typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from litestar.exceptions import ClientException, HTTPException

from turnet.i18n import _
from turnet.web.kit.htmx import AnyRequest

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
_TYPE = "application/x-www-form-urlencoded"
_SHOWN = str.maketrans(dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "�"))


class TooLarge(HTTPException):
    status_code = 413


class WrongType(HTTPException):
    status_code = 415


@dataclass(frozen=True)
class Form:
    """`raw` is what was sent, `typed()` what a page may show again, `errors` sentences by field."""

    raw: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    anchors: Mapping[str, str] = field(default_factory=dict)
    """Field → id of the element that a summary links to, where it is not the field's own name."""

    def typed(self, name: str) -> str:
        return self.raw.get(name, "").translate(_SHOWN)

    @property
    def version(self) -> int | None:
        """What the page knew; None for a form without it, or with nonsense in it: that changes what there is."""
        text = self.raw.get("version", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    def with_errors(self, errors: Mapping[str, str], order: Iterable[str] = ()) -> "Form":
        """The same form with these sentences, in the order in which the fields stand."""
        places = {name: place for place, name in enumerate(order)}
        ordered = sorted(errors.items(), key=lambda item: places.get(item[0], len(places)))
        return Form(self.raw, dict(ordered), self.anchors)

    @property
    def problems(self) -> Mapping[str, str]:
        """The errors for the summary: what is said of two fields is one thing to put right, at the first of them."""
        first: dict[str, str] = {}
        for name, said in self.errors.items():
            first.setdefault(said, name)
        return {name: said for said, name in first.items()}

    def anchor(self, name: str) -> str:
        return self.anchors.get(name, name)


async def read(request: AnyRequest, names: Iterable[str], anchors: Mapping[str, str] | None = None) -> Form:
    """The named fields of a posted form; whatever else was sent is ignored.

    Raises `TooLarge`, `WrongType` or a 400 for what no browser sends: unreadable bytes, too many fields, or a known
    field sent twice.
    """
    return of(await pairs(request), names, anchors)


def of(sent: Iterable[tuple[str, str]], names: Iterable[str], anchors: Mapping[str, str] | None = None) -> Form:
    """The named fields of what was sent. Raises a 400 for one of them sent twice."""
    wanted = set(names)
    raw: dict[str, str] = {}
    for name, text in sent:
        if name in wanted:
            if name in raw:
                raise ClientException(detail=f"{name} was sent twice")
            raw[name] = text
    return Form(raw, {}, anchors or {})


async def pairs(request: AnyRequest) -> list[tuple[str, str]]:
    """All that a posted form holds, in its order. Raises `TooLarge`, `WrongType` or a 400."""
    sent_as = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request)
    if body and sent_as != _TYPE:
        raise WrongType(detail="not a form")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise ClientException(detail="unreadable form") from error


async def _body(request: AnyRequest) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MOST_BYTES:
        raise TooLarge(detail="too large")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise TooLarge(detail="too large")
    return bytes(body)


def sentence(name: str, code: str) -> str:
    """What to do about a field, in words; codes come from `turnet.patients.model` and the booking service."""
    said = _sentences(name)
    return said.get(code) or said.get("") or _("Look at this once more.")


def _sentences(name: str) -> Mapping[str, str]:
    nowhere = _("Give a mobile number or an e-mail address, so that we can confirm the time.")
    return {
        "name": {
            "required": _("Write the name of the person who comes."),
            "too_long": _("The name is too long for us to keep. Write a shorter form of it."),
            "": _("Write the name with letters, as it is spoken."),
        },
        "phone": {
            "phone_or_email": nowhere,
            "too_short": _("The number is too short. Write all of it, or leave it out and give an e-mail address."),
            "too_long": _("The number is too long. Write one number, as you would dial it."),
            "": _("That is not a number we can reach. Write it as you would dial it."),
        },
        "email": {
            "phone_or_email": nowhere,
            "too_long": _("The address is too long. Give another one, or a mobile number."),
            "": _("That is not an e-mail address. It has the form name@example.com."),
        },
        "birth_year": {
            "required": _("Write the child’s year of birth, such as 2019."),
            "not_a_child": _("That is an adult’s year of birth. Choose “Another adult”, or put the year right."),
            "": _("Write the year of birth in four digits, such as 2019."),
        },
        "for": {"": _("Choose who the time is for.")},
        "note": {
            "too_long": _("The note is too long. Keep what matters for the visit."),
            "": _("The note holds signs that cannot be written down. Type it again in plain words."),
        },
    }.get(name, {})
