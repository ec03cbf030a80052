"""The comments page by page, and the one that was just worked on where it was."""

import re
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.web.desk.conftest import Signs
from tests.web.desk.test_opinions_narrowed import said
from tests.web.desk.visits import send
from turnet.db.transactions import fetch
from turnet.feedback.queries import MOST


def numbers(page: Any) -> list[int]:
    return [int(number) for number in re.findall(r"<blockquote[^>]*>No\. (\d+)<", page.text)]


async def many(app: Litestar, count: int) -> list[str]:
    """Numbered from 0, which is the oldest; every tenth is low. Two each were said at the same moment."""
    now = app.state.clock.now()
    return [
        await said(app, f"No. {n}", score=2 if n % 10 == 0 else 9, asked_at=now - timedelta(minutes=(count - n) // 2))
        for n in range(count)
    ]


async def walked(desk: Any, address: str = "/desk/feedback?at=keskusta") -> list[list[int]]:
    pages = []
    while address:
        page = await desk.get(address)
        assert page.status_code == 200
        pages.append(numbers(page))
        later = re.search(r'href="(/desk/feedback[^"]*)#h-words">Earlier<', page.text)
        address = later[1].replace("&amp;", "&") if later else ""
    return pages


async def test_every_comment_stands_on_one_page_low_ones_first(app: Litestar, signs_in: Signs) -> None:
    count = 2 * MOST + 5
    await many(app, count)

    pages = await walked(await signs_in("owner"))

    low = [n for n in reversed(range(count)) if n % 10 == 0]
    assert [len(page) for page in pages] == [MOST, MOST, 5]
    assert [n for page in pages for n in page] == low + [n for n in reversed(range(count)) if n % 10]


async def test_nothing_is_left_out_when_somebody_writes_between_two_pages(app: Litestar, signs_in: Signs) -> None:
    await many(app, MOST + 3)
    desk = await signs_in("owner")
    first = await desk.get("/desk/feedback")
    [later] = re.findall(r'href="(/desk/feedback[^"]*)#h-words"', first.text)

    await said(app, "Just now.", score=10)

    assert sorted(numbers(first) + numbers(await desk.get(later))) == list(range(MOST + 3))


@pytest.mark.parametrize("below", ["x", "0-1-", "2-1-1", "0-99999999999999999-1", "0-1-1;", "-1-1-1", "٠-1-1"])
async def test_what_is_no_place_in_the_list_is_not_found_or_empty(app: Litestar, signs_in: Signs, below: str) -> None:
    await said(app, "No. 1")

    page = await (await signs_in("owner")).get("/desk/feedback", params={"below": below})

    assert page.status_code == (200 if below == "0-99999999999999999-1" else 404)


async def test_without_script_one_is_back_at_the_comment_which_has_not_moved(app: Litestar, signs_in: Signs) -> None:
    questions = await many(app, MOST + 5)
    desk, [*_, oldest_low] = await signs_in("reception"), range(0, MOST + 5, 10)
    before = await desk.get("/desk/feedback")
    [back] = set(re.findall(r'name="back" value="([^"]*)"', before.text))

    answer = await send(
        desk, f"/desk/feedback/{questions[oldest_low]}/state",
        {"to": "called_back", "version": "1", "back": back}, partial=False,
    )  # fmt: skip
    address, _hash, anchor = answer.headers["location"].partition("#")
    after = await desk.get(address)

    assert (numbers(after), f'id="{anchor}"' in after.text) == (numbers(before), True)
    assert numbers(await desk.get("/desk/feedback")) != numbers(
        before
    )  # control: read anew, it is one among the others


async def test_htmx_swaps_the_comment_alone_and_undo_swaps_it_back(app: Litestar, signs_in: Signs) -> None:
    [question] = await many(app, 1)
    desk, path = await signs_in("reception"), f"/desk/feedback/{question}/state"

    done = await send(desk, path, {"to": "called_back", "version": "1"}, partial=True)
    undo = await send(desk, f"{path}?to=new", {"version": "2"}, partial=True)

    row = f'<hx-partial hx-target="#q-{question}" hx-swap="outerHTML">'
    assert [(one.status_code, row in one.text, 'hx-target="#said"' in one.text) for one in (done, undo)] == [
        (200, True, True)
    ] * 2
    assert (f'action="{path}?to=new"' in done.text, f'action="{path}?to=called_back"' in undo.text) == (True, True)
    assert await fetch("SELECT state FROM feedback") == [("new",)]
