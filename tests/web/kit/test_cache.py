"""A kept page is sent again only while it is everybody's, and true."""

import asyncio
from datetime import timedelta

import pytest
from litestar import Litestar, Response, get
from litestar.params import FromPath

from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.clinic.tables import Diary
from turnet.clock import FrozenClock
from turnet.db.transactions import tx
from turnet.web.kit.cache import PageCache, keep
from turnet.web.kit.htmx import AnyRequest, partial

TEXT = "free times " * 100


class Site:
    """A page that says how often it was made; every kept one is true for five minutes."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.made = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def register(self, app: Litestar) -> None:
        @get("/en/-/{service:str}", media_type="text/html")
        async def page(request: AnyRequest, service: FromPath[str]) -> Response[str]:
            self.made += 1
            now = request.app.state.clock.now()
            keep(request, now + timedelta(minutes=5))
            number = self.made
            await self.gate.wait()
            piece = "piece" if partial(request) else "page"
            return Response(
                f"{piece} {number} {service} {request.url.query} {TEXT}", headers={"Vary": "HX-Request-Type"}
            )

        @get("/en/-broken", media_type="text/html")
        async def broken(request: AnyRequest) -> Response[str]:
            self.made += 1
            keep(request, request.app.state.clock.now() + timedelta(minutes=5))
            return Response("broken", status_code=503)

        @get("/en/-own", media_type="text/html")
        async def own(request: AnyRequest) -> Response[str]:
            self.made += 1
            keep(request, request.app.state.clock.now() + timedelta(minutes=5))
            answer = Response("yours")
            answer.set_cookie("turnet_hold", "secret-of-the-first")
            return answer

        @get("/en/-fresh", media_type="text/html")
        async def fresh() -> str:
            self.made += 1
            return "fresh"

        @get("/api/-slots", media_type="application/json")
        async def slots(request: AnyRequest) -> Response[dict[str, str]]:
            self.made += 1
            keep(request, request.app.state.clock.now() + timedelta(minutes=5))
            return Response({"language": request.headers["accept-language"]})

        for handler in (page, broken, own, fresh, slots):
            app.register(handler)

    async def number(self, path: str = "/en/-/check-up", **more: object) -> int:
        answer = await self.client.get(path, **more)
        return int(answer.text.split()[1])


@pytest.fixture
def site(app: Litestar, client: Client) -> Site:
    site = Site(client)
    site.register(app)
    return site


async def test_second_visitor_gets_the_first_ones_page(site: Site) -> None:
    await a_clinic()

    first, second = await site.client.get("/en/-/check-up"), await site.client.get("/en/-/check-up")

    assert (site.made, first.content) == (1, second.content)
    assert {name: first.headers[name] for name in ("content-type", "cache-control", "vary", "etag")} == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "vary": "HX-Request-Type, Accept-Encoding",
        "etag": second.headers["etag"],
    }


async def test_made_anew_when_the_diary_moved(site: Site) -> None:
    await a_clinic()
    numbers = [await site.number(), await site.number()]

    async with tx():
        await Diary.update({Diary.version: Diary.version + 1}, force=True).where(Diary.id == 1)

    assert [*numbers, await site.number(), await site.number()] == [1, 1, 2, 2]


async def test_made_anew_when_the_setup_moved(site: Site) -> None:
    await a_clinic()
    first = await site.number()

    await Diary.update({Diary.setup_version: Diary.setup_version + 1}, force=True).where(Diary.id == 1)

    assert (first, await site.number()) == (1, 2)


async def test_made_anew_when_its_time_is_over(site: Site, clock: FrozenClock) -> None:
    await a_clinic()
    numbers = [await site.number()]
    clock.advance(minutes=4, seconds=59)
    numbers.append(await site.number())
    clock.advance(seconds=1)
    numbers.append(await site.number())

    assert numbers == [1, 1, 2]


async def test_page_that_was_overtaken_while_it_was_made_is_not_kept(site: Site) -> None:
    await a_clinic()
    site.gate.clear()
    slow = asyncio.create_task(site.number())
    while site.made == 0:
        await asyncio.sleep(0)

    await Diary.update({Diary.version: Diary.version + 1}, force=True).where(Diary.id == 1)
    site.gate.set()

    assert (await slow, await site.number()) == (1, 2)


async def test_queries_pieces_and_pages_are_kept_apart(site: Site) -> None:
    await a_clinic()
    client = site.client

    texts = [
        (await client.get("/en/-/check-up")).text,
        (await client.get("/en/-/check-up", partial=True)).text,
        (await client.get("/en/-/check-up?month=2026-12")).text,
        (await client.get("/en/-/cleaning")).text,
    ]

    assert [text.removesuffix(TEXT) for text in texts] == [
        "page 1 check-up  ", "piece 2 check-up  ", "page 3 check-up month=2026-12 ", "page 4 cleaning  ",
    ]  # fmt: skip
    assert (await client.get("/en/-/check-up", partial=True)).text == texts[1]


async def test_answer_of_the_api_is_kept_by_language(site: Site) -> None:
    await a_clinic()

    answers = [
        await site.client.get("/api/-slots", headers={"Accept-Language": language}) for language in ("fi", "he", "fi")
    ]

    assert [answer.json()["language"] for answer in answers] == ["fi", "he", "fi"]
    assert (site.made, answers[0].headers["vary"]) == (2, "Accept-Encoding, Accept-Language")


async def test_visitor_with_a_hold_gets_their_own_page(site: Site) -> None:
    await a_clinic()
    await site.number()

    number = await site.number(headers={"Cookie": "turnet_hold=abc"})

    assert (number, await site.number()) == (2, 1)


async def test_answer_that_sets_a_cookie_is_nobody_elses(site: Site) -> None:
    await a_clinic()
    first = await site.client.get("/en/-own")
    site.client.cookies.clear()
    second = await site.client.get("/en/-own")

    assert (site.made, "set-cookie" in first.headers, "etag" in second.headers) == (2, True, False)


@pytest.mark.parametrize("path", ["/en/-broken", "/en/-fresh"])
async def test_not_kept_when_it_failed_or_nobody_said_so(site: Site, path: str) -> None:
    await a_clinic()
    await site.client.get(path)
    await site.client.get(path)

    assert site.made == 2


async def test_unchanged_page_is_304_in_every_encoding(site: Site) -> None:
    await a_clinic()
    etag = (await site.client.get("/en/-/check-up")).headers["etag"]

    for encoding in ("identity", "br", "gzip"):
        answer = await site.client.get(
            "/en/-/check-up", headers={"If-None-Match": f'"other", {etag}', "Accept-Encoding": encoding}
        )
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert ("content-type" in answer.headers, answer.headers["cache-control"]) == (False, "no-cache")


async def test_changed_page_is_sent_whole(site: Site) -> None:
    await a_clinic()
    etag = (await site.client.get("/en/-/check-up")).headers["etag"]
    await Diary.update({Diary.version: Diary.version + 1}, force=True).where(Diary.id == 1)

    answer = await site.client.get("/en/-/check-up", headers={"If-None-Match": etag})

    assert (answer.status_code, answer.headers["etag"] == etag) == (200, False)


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_kept_page_is_pressed_once(site: Site, encoding: str) -> None:
    await a_clinic()
    plain = await site.client.get("/en/-/check-up")

    pressed = await site.client.get("/en/-/check-up", headers={"Accept-Encoding": encoding})

    assert (pressed.text, pressed.headers["content-encoding"], site.made) == (plain.text, encoding, 1)
    assert int(pressed.headers["content-length"]) < 250


async def test_head_is_answered_from_the_kept_page(site: Site) -> None:
    await a_clinic()
    got = await site.client.get("/en/-/check-up")

    headed = await site.client.request("HEAD", "/en/-/check-up")

    assert (headed.content, headed.headers["content-length"], site.made) == (b"", got.headers["content-length"], 1)


async def test_crowd_after_a_change_makes_the_page_once(site: Site) -> None:
    await a_clinic()
    await site.number()
    await Diary.update({Diary.version: Diary.version + 1}, force=True).where(Diary.id == 1)
    site.gate.clear()

    crowd = [asyncio.create_task(site.number()) for _ in range(20)]
    while site.made == 1:
        await asyncio.sleep(0)
    site.gate.set()

    assert (await asyncio.gather(*crowd), site.made) == ([2] * 20, 2)


async def test_longest_unused_page_goes_first(site: Site, app: Litestar, clock: FrozenClock) -> None:
    await a_clinic()
    small = PageCache(clock, entries=2)
    app.asgi_handler = small(app.asgi_handler)

    for path in ("/en/-/a", "/en/-/b", "/en/-/a", "/en/-/c"):
        await site.client.get(path)

    assert [key[0] for key in small._kept] == [b"/en/-/a", b"/en/-/c"]


async def test_kept_pages_never_outgrow_their_share(site: Site, app: Litestar, clock: FrozenClock) -> None:
    await a_clinic()
    small = PageCache(clock, size=3000)
    app.asgi_handler = small(app.asgi_handler)

    for number in range(10):
        await site.client.get(f"/en/-/{number}")
        await site.client.get(f"/en/-/{number}", headers={"Accept-Encoding": "gzip"})

    assert small._used == sum(kept.size for kept in small._kept.values()) <= 3000
    assert len(small._kept) == 2


async def test_database_that_does_not_answer_is_the_handlers_matter(site: Site, app: Litestar) -> None:
    await a_clinic()
    await site.number()
    await Diary.raw("DROP TABLE diary")

    assert (await site.client.get("/en/-fresh")).text == "fresh"
