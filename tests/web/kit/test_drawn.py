"""The mark as a PNG, and the worker's program as a text: neither needs an app."""

import re

import pytest

from turnet.paths import STATIC
from turnet.web.kit.drawn import mark_png, rgb


@pytest.mark.parametrize(
    ("brand", "drawn"),
    [("#14603c", (20, 96, 60)), ("#abc", (170, 187, 204)), ("#0a58ca80", (10, 88, 202)), ("teal", (20, 96, 60))],
)
def test_colour_is_read_from_hexadecimal_and_else_is_ours(brand: str, drawn: tuple[int, int, int]) -> None:
    assert rgb(brand) == drawn


def test_icon_is_small() -> None:
    assert len(mark_png((20, 96, 60), 512, whole=False)) < 12_000


def test_worker_adds_to_its_cache_only_when_it_is_installed() -> None:
    program = (STATIC / "js" / "worker" / "desk.js").read_text()

    assert re.findall(r"\.(add|addAll|put)\(", program) == ["addAll"]
    assert 'addEventListener("install", (event) => {\n  event.waitUntil(caches.open(NAME)' in program
