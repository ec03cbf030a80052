"""The desk with text twice as large on a small phone: no word of its ways is broken, and a count stays one."""

import pytest

from tests.browser.conftest import PHONE, Sits

pytestmark = pytest.mark.browser

_LINES = """found => found.map(e => { const range = document.createRange(); range.selectNodeContents(e);
    return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size })"""
_WIDE = "found => Math.max(...found.map(e => e.scrollWidth - e.clientWidth))"


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("size", ["100%", "130%", "200%"])
def test_every_word_of_the_ways_stays_whole_and_a_count_on_one_line(sits: Sits, language: str, size: str) -> None:
    page = sits("/desk", language, **PHONE)
    page.wait_for_load_state("networkidle")
    page.evaluate("size => document.documentElement.style.setProperty('font-size', size)", size)
    page.evaluate("document.querySelector('.bar .count').textContent = '14'")
    words = page.locator(".bar a > span:not(.count)").evaluate_all(
        "found => found.map(e => e.textContent.trim().split(' ').length)"
    )

    lines = page.locator(".bar a > span:not(.count)").evaluate_all(_LINES)
    assert [line <= count for line, count in zip(lines, words, strict=True)] == [True] * len(words)
    assert page.locator(".bar .count").first.evaluate_all(_LINES) == [1]
    assert page.locator(".bar a").evaluate_all(_WIDE) <= 0
