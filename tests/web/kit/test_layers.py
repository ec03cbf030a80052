"""What happens before an address is looked up, whatever is asked."""

import pytest
from litestar import Litestar, Response, get, post
from litestar.params import FromPath

from tests.web.conftest import Client
from turnet.settings import Settings
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.middleware import _spelled

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""No database has a part in this."""

TEXT = "free times " * 400


@get("/en/-/long", media_type="text/html")
async def long() -> str:
    return TEXT


@get("/a/{token:str}/-", media_type="text/html")
async def visit(token: FromPath[str]) -> Response[str]:
    return Response("Maija", headers={"Cache-Control": "public"})


@post("/a/{token:str}/-", media_type="text/html", status_code=200)
async def cancel(request: AnyRequest, token: FromPath[str]) -> str:
    return f"{len(await request.body())} bytes"


@post("/-/form", media_type="text/html", status_code=200)
async def find(request: AnyRequest) -> str:
    return f"{len(await request.body())} bytes"


@get("/-/broken")
async def broken() -> None:
    raise LookupError("what went wrong is for the log")


@pytest.fixture
def site(app: Litestar, client: Client) -> Client:
    for handler in (long, visit, cancel, find, broken):
        app.register(handler)
    return client


async def test_head_is_get_without_a_body(site: Client) -> None:
    got, headed = await site.get("/en/-/long"), await site.request("HEAD", "/en/-/long")

    assert (headed.status_code, headed.content, headed.headers["content-length"]) == (200, b"", f"{len(TEXT)}")
    assert _but_the_id(headed.headers) == _but_the_id(got.headers)


def _but_the_id(headers: object) -> dict[str, str]:
    return {name: value for name, value in dict(headers).items() if name != "x-request-id"}  # type: ignore[call-overload]


async def test_head_of_what_is_not_there_is_404(site: Client) -> None:
    assert (await site.request("HEAD", "/-/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "moved"),
    [
        ("/en/-/long/", "/en/-/long"),
        ("/en/-/long/?week=2026-12-07", "/en/-/long?week=2026-12-07"),
        ("/en//-/long", "/en/-/long"),
        ("/en", "/en/"),
        ("//evil.example/", "/evil.example"),
        ("///evil.example//", "/evil.example"),
        ("/k%C3%A4vely/", "/k%C3%A4vely"),
    ],
)
async def test_other_spelling_is_moved_for_good(site: Client, asked: str, moved: str) -> None:
    answer = await site.get(f"{site.base_url}{asked}" if not asked.startswith("//") else _absolute(site, asked))

    assert (answer.status_code, answer.headers["location"]) == (301, moved)


def _absolute(site: Client, path: str) -> str:
    return str(site.base_url).rstrip("/") + path


@pytest.mark.parametrize("path", ["/up", "/en/-/long"])
async def test_usual_spelling_is_answered(site: Client, path: str) -> None:
    assert (await site.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/\\evil.example/", "/%5Cevil.example/"])
async def test_backslash_is_never_sent_back_as_an_address(site: Client, path: str) -> None:
    answer = await site.get(_absolute(site, path))

    assert "//" not in answer.headers.get("location", "").replace("\\", "/")


async def test_form_is_not_redirected(site: Client) -> None:
    assert (await site.post("/-/form/", data={"phone": "1"})).status_code == 200


EVERYWHERE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
    ),
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/en/-/long", "/-/nothing", "/en/-/long/", "/a/token/-", "/up", "/static/nothing.css"]
)
async def test_every_answer_is_secured(site: Client, path: str) -> None:
    answer = await site.get(path)

    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


async def test_crash_is_secured_too_and_tells_nothing(app: Litestar, site: Client) -> None:
    answer = await site.get("/-/broken")

    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert (answer.status_code, "LookupError" in answer.text, "for the log" in answer.text) == (500, False, False)


async def test_requests_have_ids_of_their_own(site: Client) -> None:
    ids = {(await site.get("/en/-/long")).headers["x-request-id"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/a/token/-", "/f/token", "/u/token", "/w/token", "/a/token/move", "/a//x/"])
async def test_page_by_token_is_nobody_elses(site: Client, path: str) -> None:
    answer = await site.get(_absolute(site, path))

    assert (
        answer.headers.get_list("cache-control"),
        answer.headers.get_list("referrer-policy"),
        answer.headers.get_list("x-robots-tag"),
    ) == (["no-store"], ["no-referrer"], ["noindex, nofollow"])


@pytest.mark.parametrize("path", ["/desk", "/admin/rooms", "/login"])
async def test_staff_page_is_neither_stored_nor_indexed(site: Client, path: str) -> None:
    answer = await site.get(path)

    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex, nofollow")


async def test_public_page_may_be_indexed(site: Client) -> None:
    answer = await site.get("/en/-/long")

    assert "x-robots-tag" not in answer.headers
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
async def test_form_is_taken_from_our_own_page_only(site: Client, headers: dict[str, str], status: int) -> None:
    answer = await _posted(site, "/-/form", headers)

    assert answer.status_code == status


async def _posted(site: Client, path: str, headers: dict[str, str]) -> object:
    site.headers.pop("Sec-Fetch-Site", None)
    return await super(Client, site).request("POST", path, data={"phone": "1"}, headers=headers)


async def test_hidden_origin_is_taken_where_the_address_is_the_key(site: Client) -> None:
    """Older browsers send it from our own pages there, because those must not leak their address."""
    answer = await _posted(site, "/a/token/-", {"Origin": "null"})
    from_elsewhere = await _posted(site, "/a/token/-", {"Origin": "null", "Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, from_elsewhere.status_code) == (200, 403)  # type: ignore[attr-defined]


async def test_refused_form_gets_a_page(site: Client, partial: bool) -> None:
    answer = await site.post("/-/form", headers={"Sec-Fetch-Site": "cross-site"}, partial=partial)

    assert answer.status_code == 403
    assert "<h1" in answer.text
    assert ("<!doctype html>" in answer.text) is not partial


@pytest.mark.parametrize("announced", [True, False])
async def test_body_beyond_the_limit_is_413(site: Client, announced: bool) -> None:
    async def chunks() -> object:
        for _ in range(5):
            yield b"x" * 16 * 1024

    size = 5 * 16 * 1024
    answer = await site.post("/-/form", content=b"x" * size if announced else chunks())

    assert answer.status_code == 413


async def test_body_at_the_limit_is_read(site: Client) -> None:
    assert (await site.post("/-/form", content=b"x" * 64 * 1024)).text == "65536 bytes"


async def test_method_cannot_be_overridden(site: Client) -> None:
    answer = await site.get("/a/token/-", headers={"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"})

    assert (answer.status_code, answer.text) == (200, "Maija")


async def test_host_names_nothing(site: Client) -> None:
    answer = await site.get("/en/-/long/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert answer.headers["location"] == "/en/-/long"


def test_home_keeps_its_slash(settings: Settings) -> None:
    assert [_spelled(path) for path in (b"/", b"/en/", b"/en", b"/he//", b"/xx/")] == [
        b"/", b"/en/", b"/en/", b"/he/", b"/xx",
    ]  # fmt: skip
