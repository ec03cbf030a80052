"""Bodies and queries read field by field: everything that is wrong is told at once, everything unknown is ignored."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from litestar.datastructures import MultiDict

from turnet.errors import Invalid
from turnet.web.api.problems import Unreadable, WrongMediaType
from turnet.web.api.times import read_date, read_time
from turnet.web.kit.htmx import AnyRequest

T = TypeVar("T")

DEEPEST = 16
"""Levels of nesting; we ask for two. The parser itself would give up with a stack error far later."""
LONGEST = 20_000
"""Characters of any text that is looked at; what a name or a note may have is said by whoever reads it."""


class Fields:
    """One JSON object, or a query, that is being read."""

    def __init__(self, raw: Mapping[str, Any], path: str = "", wrong: dict[str, str] | None = None) -> None:
        self.raw, self.path = raw, path
        self.wrong: dict[str, str] = {} if wrong is None else wrong

    def refuse(self, name: str, code: str) -> None:
        self.wrong.setdefault(self.path + name, code)

    def done(self) -> None:
        """Raises Invalid when anything that was asked for is missing or wrong."""
        if self.wrong:
            raise self.refusal()

    def refusal(self) -> Invalid:
        return Invalid(self.wrong)

    def _given(self, name: str, *, required: bool) -> Any:
        value = self.raw.get(name)
        if required and value in (None, ""):
            self.refuse(name, "required")
        return value

    def text(self, name: str, *, required: bool = False, most: int = LONGEST) -> str:
        value = self._given(name, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(name, "wrong_type")
        elif len(value) > most:
            self.refuse(name, "too_long")
        elif any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            self.refuse(name, "characters")  # half a surrogate pair is no character and cannot be stored
        else:
            return value
        return ""

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        value = self._given(name, required=False)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(name, "wrong_type")
        elif not least <= value <= most:
            self.refuse(name, "out_of_range")
        else:
            return value
        return None

    def one_of(self, name: str, known: Mapping[str, T], *, required: bool = False) -> T | None:
        value = self.text(name, required=required)
        if value and value not in known:
            self.refuse(name, "unknown")
        return known.get(value)

    def time(self, name: str) -> datetime | None:
        value = self.text(name, required=True)
        found = read_time(value) if value else None
        if isinstance(found, str):
            self.refuse(name, found)
            return None
        return found

    def day(self, name: str) -> date | None:
        value = self.text(name, required=True)
        found = read_date(value) if value else None
        if isinstance(found, str):
            self.refuse(name, found)
            return None
        return found

    def inside(self, name: str) -> "Fields":
        """The object under `name`; its fields are called `name.field`."""
        value = self._given(name, required=True)
        if value is not None and not isinstance(value, dict):
            self.refuse(name, "wrong_type")
        return Fields(value if isinstance(value, dict) else {}, f"{self.path}{name}.", self.wrong)


def query(request: AnyRequest) -> Fields:
    """The query; a parameter given twice is refused, because two readers could take two different ones."""
    given: MultiDict[str] = request.query_params
    fields = Fields({name: given[name] for name in given})
    for name in given:
        if len(given.getall(name)) > 1:
            fields.refuse(name, "repeated")
    return fields


async def body(request: AnyRequest) -> Fields:
    """The body as JSON; an act that needs none may come without. Raises Unreadable, WrongMediaType, Invalid."""
    raw = await request.body()
    if not raw:
        return Fields({})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WrongMediaType
    try:
        text = raw.decode()
        _check_depth(text)
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(value, dict):
        raise Invalid({"body": "wrong_type"})
    return Fields(value)


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth, in_text, escaped = 0, False, False
    for character in text:
        if in_text:
            in_text = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_text = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                raise Unreadable
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _not_a_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
