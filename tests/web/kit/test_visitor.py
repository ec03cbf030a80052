"""A visitor is recognised by a cookie that says nothing about them."""

import re

import pytest
from litestar import Litestar, Response, get, post

from tests.web.conftest import Client
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.visitor import forget, give, owner, with_owner

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""No database has a part in this."""


@get("/-/who")
async def who(request: AnyRequest) -> str:
    return owner(request)


@post("/-/hold", status_code=200)
async def hold(request: AnyRequest) -> Response[str]:
    stored, cookie = with_owner(request)
    answer = Response(stored)
    give(request, answer, cookie)
    return answer


@post("/-/book", status_code=200)
async def book() -> Response[str]:
    answer = Response("")
    forget(answer)
    return answer


@pytest.fixture
def visitor(app: Litestar, client: Client) -> Client:
    for handler in (who, hold, book):
        app.register(handler)
    return client


async def test_nobody_before_they_hold_anything(visitor: Client) -> None:
    answer = await visitor.get("/-/who")

    assert (answer.text, "set-cookie" in answer.headers) == ("", False)


async def test_same_visitor_is_the_same_owner(visitor: Client) -> None:
    first, second = await visitor.post("/-/hold"), await visitor.post("/-/hold")

    assert first.text == second.text == (await visitor.get("/-/who")).text
    assert re.fullmatch(r"[0-9a-f]{64}", first.text)


async def test_cookie_is_random_and_out_of_reach_of_scripts(visitor: Client) -> None:
    answer = await visitor.post("/-/hold")

    name, *rest = re.split("; ", answer.headers["set-cookie"])
    assert re.fullmatch(r"turnet_hold=[A-Za-z0-9_-]{22}", name)
    assert {part.lower() for part in rest} == {"httponly", "path=/", "samesite=lax", "max-age=86400"}
    assert answer.text not in name


@pytest.mark.parametrize("cookie", ["", "x", "a" * 21, "a" * 23, "a" * 21 + "%", "a" * 5000])
async def test_invented_cookie_is_nobodys(visitor: Client, cookie: str) -> None:
    assert (await visitor.get("/-/who", headers={"Cookie": f"turnet_hold={cookie}"})).text == ""


async def test_forgotten_once_the_hold_is_a_booking(visitor: Client) -> None:
    await visitor.post("/-/hold")
    await visitor.post("/-/book")

    assert (await visitor.get("/-/who")).text == ""
