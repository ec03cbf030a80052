"""Where a form may lead back to."""

from dataclasses import dataclass
from typing import Any

import pytest

from turnet.web.desk.picked import after, way_back


@pytest.mark.parametrize(
    "path", ["/desk", "/desk?day=2026-12-01&as=list", "/desk/needs", "/desk/visits/abc?back=%2Fdesk"]
)
def test_pages_of_the_desk_are_gone_back_to(path: str) -> None:
    assert way_back({"back": path}) == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "/deskx", "//evil.example/desk", "https://evil.example/desk", "/desk//evil.example", "/desk\\evil",
     "/desk/\r\nSet-Cookie: a=b", "/desk/" + "x" * 400, "javascript:alert(1)", "/desk/א"],
)  # fmt: skip
def test_nothing_else_is(path: str) -> None:
    assert way_back({"back": path}, "/desk/needs") == "/desk/needs"


@dataclass
class _Visit:
    public_id: str


@pytest.mark.parametrize(
    ("back", "then"),
    [
        ("/desk", "/desk?did=v"),
        ("/desk?day=2026-12-01", "/desk?day=2026-12-01&did=v"),
        ("/desk?did=other&as=list", "/desk?as=list&did=v"),
    ],
)
def test_the_page_learns_what_was_done(back: str, then: str) -> None:
    visit: Any = _Visit("v")
    assert after(back, visit) == then
