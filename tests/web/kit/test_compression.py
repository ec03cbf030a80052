"""Text is pressed for who can read it."""

import gzip

import brotli
import pytest
from litestar import Litestar, get
from litestar.response import Stream

from tests.web.conftest import Client
from turnet.settings import Settings
from turnet.web.kit.compression import encoding

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""No database has a part in this."""

TEXT = "free times " * 400


@get("/-/long", media_type="text/html")
async def long() -> str:
    return TEXT


@get("/-/short", media_type="text/html")
async def short() -> str:
    return "free"


@get("/-/stream")
async def stream() -> Stream:
    async def pieces() -> object:
        for piece in (TEXT, TEXT):
            yield piece

    return Stream(pieces(), media_type="text/html")  # type: ignore[arg-type]


@pytest.fixture
def site(app: Litestar, client: Client) -> Client:
    for handler in (long, short, stream):
        app.register(handler)
    return client


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=1.0, identity; q=0.5", "gzip"),
        ("br;q=0.0", ""),
        ("identity", ""),
        ("", ""),
        ("brotli-like;q=x", ""),
    ],
)
def test_encoding_chosen(settings: Settings, accepted: str, chosen: str) -> None:
    assert encoding(accepted.encode()) == chosen.encode()


@pytest.mark.parametrize(("accepted", "press"), [("br", brotli.compress), ("gzip", gzip.compress)])
async def test_long_text_is_pressed(site: Client, accepted: str, press: object) -> None:
    answer = await site.get("/-/long", headers={"Accept-Encoding": accepted})

    assert (answer.text, answer.headers["content-encoding"]) == (TEXT, accepted)
    assert int(answer.headers["content-length"]) < 200
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_plain_answer_varies_too(site: Client) -> None:
    answer = await site.get("/-/long")

    assert ("content-encoding" in answer.headers, answer.headers["vary"]) == (False, "Accept-Encoding")


async def test_short_text_is_sent_as_it_is(site: Client) -> None:
    answer = await site.get("/-/short", headers={"Accept-Encoding": "br"})

    assert ("content-encoding" in answer.headers, answer.text) == (False, "free")


async def test_stream_is_sent_as_it_comes(site: Client) -> None:
    answer = await site.get("/-/stream", headers={"Accept-Encoding": "br"})

    assert ("content-encoding" in answer.headers, answer.text) == (False, TEXT * 2)
