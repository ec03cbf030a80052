"""Reading the patients' pages as a browser would: links, fields, and forms sent back as they came."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from litestar import Litestar

from tests.web.conftest import Client
from turnet.db.engine import bound
from turnet.db.transactions import fetch

CHECK_UP = "/en/book/check-up/at/20261203T0720Z?at=keskusta"
"""Thursday 3 December 2026, 09:20 in Helsinki."""
EEVA = {
    "name": "Eeva Mäkelä",
    "phone": "040 000 0123",
    "email": "eeva@canary.example",
    "for": "me",
    "note": "canary needles",
}
_VOID = frozenset(["meta", "link", "input", "br", "hr", "img", "use", "path"])


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: tuple[str, ...] = ()


@dataclass
class Read(HTMLParser):
    """Every element of a page with its own text, in order."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, inside=tuple(e.tag for e in self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while tag not in _VOID and self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def read(response: httpx.Response) -> Read:
    page = Read()
    page.feed(response.text)
    return page


def slots(response: httpx.Response) -> list[Element]:
    return [e for e in read(response).elements if e.tag == "a" and e.attributes.get("class") == "slot"]


def times(response: httpx.Response) -> list[str]:
    """`<time datetime>` of every free time on the page."""
    return re.findall(r'<a class="slot" href="[^"]+"><time datetime="([^"]+)">', response.text)


def once_of(response: httpx.Response) -> str:
    found = re.search(r'name="once" value="([^"]+)"', response.text)
    assert found
    return found[1]


@pytest.fixture
def statements(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reaches the database from here on, one entry a statement."""
    seen: list[str] = []
    engine = type(bound())
    for name in ("run_querystring", "fetch"):
        honest = getattr(engine, name)

        async def listened(self: Any, querystring: Any, *args: Any, honest: Any = honest, **more: Any) -> Any:
            seen.append(str(querystring))
            return await honest(self, querystring, *args, **more)

        monkeypatch.setattr(engine, name, listened)
    return seen


async def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows that an act could touch."""
    tables = ("claim", "occupancy", "booking", "booking_event", "message", "patient", "tally", "diary")
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}


async def send(client: Client, url: str, fields: dict[str, str], **more: object) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **more.pop("headers", {})}  # type: ignore[dict-item]
    return await client.post(url, content=urlencode(fields), headers=headers, **more)


async def booked(client: Client, url: str = CHECK_UP, **fields: str) -> str:
    """Books as a patient does; the path of the visit's page."""
    once = once_of(await client.get(url))
    answer = await send(client, url, {**EEVA, "once": once, **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
