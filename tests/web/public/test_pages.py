"""Every page, in every language, whole and as a fragment; what search engines see; what is moved and what is gone."""

import re
from datetime import UTC, date, datetime

import pytest

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.public.conftest import CHECK_UP, everything, read, slots, times
from turnet.clinic import tables
from turnet.clinic.queries import load

PAGES = (
    "/{}/",
    "/{}/services/check-up",
    "/{}/team/sanna",
    "/{}/at/keskusta",
    "/{}/book/check-up",
    "/{}/book/check-up?month=2027-01&with=sanna&part=morning",
    "/{}/book/acute?week=2026-12-08&at=hervanta",
    "/{}/book/check-up/2026-12-03",
    "/{}/book/check-up/at/20261203T0720Z?at=keskusta&with=sanna",
    "/{}/privacy",
)


@pytest.mark.parametrize("language", ["en", "fi", "he"])
async def test_every_page_answers_in_its_language_and_says_so(client: Client, language: str, partial: bool) -> None:
    await a_clinic()

    for path in PAGES:
        answer = await client.get(path.format(language), partial=partial)

        assert (path, answer.status_code) == (path, 200)
        assert "HX-Request-Type" in answer.headers["vary"]
        if answer.text.startswith("<!doctype html>"):
            direction = ' dir="rtl"' if language == "he" else ""
            assert f'<html lang="{language}"{direction}>' in answer.text


async def test_only_a_partial_request_gets_a_fragment(client: Client) -> None:
    await a_clinic()

    whole = await client.get("/en/book/check-up")
    fragment = await client.get("/en/book/check-up", partial=True)
    back = await client.get(
        "/en/book/check-up", headers={"HX-Request-Type": "full", "HX-History-Restore-Request": "true"}
    )

    assert whole.text.startswith("<!doctype html>")
    assert fragment.text.startswith("<title>") and "<html" not in fragment.text
    assert back.text == whole.text
    assert times(fragment) == times(whole)


async def test_the_first_page_leads_to_the_language_the_visitor_prefers(client: Client) -> None:
    await a_clinic()

    wished = [
        (await client.get("/", headers={"Accept-Language": accepted})).headers["location"]
        for accepted in ("fi-FI,fi;q=0.9,en;q=0.5", "he", "iw-IL", "sv", "")
    ]

    assert wished == ["/fi/", "/he/", "/he/", "/en/", "/en/"]


async def test_a_language_the_clinic_does_not_speak_is_not_found(client: Client) -> None:
    await a_clinic(languages="en,fi")

    assert (await client.get("/he/")).status_code == 404
    assert "עברית" not in (await client.get("/en/")).text


async def test_the_home_page_names_the_next_free_time_and_the_earliest_urgent_one(client: Client) -> None:
    await a_clinic()

    page = read(await client.get("/en/"))

    [heading] = [e.text for e in page.elements if e.tag == "h1"]
    assert heading == "The next free time is today at 13:00"
    [pain] = [e.text for e in page.elements if e.tag == "strong"]
    assert pain == "today at 11:00, Keskusta"


async def test_a_free_time_is_written_as_the_contract_says(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/en/book/check-up/2026-12-03")

    first = slots(answer)[0]
    assert first.attributes == {"class": "slot", "href": "/en/book/check-up/at/20261203T0600Z?at=keskusta"}
    assert first.text == "08:00, Thu 3 Dec, with Sanna Koivisto or Pekka Laine, Keskusta"
    assert first.inside[-2:] == ("ul", "li")
    assert '<time datetime="2026-12-03T08:00:00+02:00">08:00</time>' in answer.text


async def test_filters_narrow_the_same_diary(client: Client) -> None:
    await a_clinic()

    everything = times(await client.get("/en/book/acute/2026-12-03"))
    hervanta = times(await client.get("/en/book/acute/2026-12-03?at=hervanta"))
    sanna = slots(await client.get("/en/book/acute/2026-12-03?with=sanna"))
    morning = times(await client.get("/en/book/acute/2026-12-03?part=morning"))

    assert len(hervanta) == 12 and set(hervanta) < set(everything)
    assert {slot.text.partition("with ")[2].partition(",")[0] for slot in sanna} == {"Sanna Koivisto"}
    assert all(slot.attributes["href"].endswith("?at=keskusta&with=sanna") for slot in sanna)
    assert max(morning)[11:16] == "11:40"


async def test_the_month_shows_a_count_for_every_day_and_leads_to_the_next(client: Client) -> None:
    await a_clinic()

    december = await client.get("/en/book/check-up")
    january = await client.get("/en/book/check-up?month=2027-01")

    assert re.search(r'2026-12-03#times" data-free="4"><time datetime="2026-12-03">3</time><small>19<', december.text)
    assert '<span class="day" data-free="0"><time datetime="2026-12-05">5</time>' in december.text
    assert 'href="/en/book/check-up?month=2027-01"' in december.text
    assert "month=2026-11" not in december.text
    assert 'href="/en/book/check-up?month=2026-12"' in january.text
    assert times(january)[0][:10] == "2027-01-04"


async def test_weeks_that_are_over_leave_the_month(client: Client) -> None:
    await a_clinic()
    client.clock.at = datetime(2026, 12, 16, 8, tzinfo=UTC)

    month = (await client.get("/en/book/check-up")).text
    days = re.findall(r'<td>.*?<time datetime="2026-12-(\d\d)">', month)

    assert days == [f"{day:02}" for day in range(14, 32)]


async def test_a_month_page_costs_a_constant_few_statements(client: Client, statements: list[str]) -> None:
    await a_clinic()
    await client.get("/en/book/check-up")
    statements.clear()

    await client.get("/en/book/acute")

    assert len(statements) <= 4


async def test_days_outside_the_horizon_and_nonsense_are_not_found(client: Client) -> None:
    await a_clinic()

    for path in (
        "/en/book/check-up/2026-11-30",
        "/en/book/check-up/2027-02-02",
        "/en/book/check-up/2026-02-30",
        "/en/book/check-up/soon",
        "/en/book/check-up/9999-12-31",
        "/en/book/check-up?month=2026-11",
        "/en/book/check-up?month=2027-03",
        "/en/book/check-up?month=0000-00",
        "/en/book/check-up?month=9999-12",
        "/en/book/check-up?week=9999-12-31",
        "/en/book/check-up?week=2026-11-23",
        "/en/book/check-up?with=nobody",
        "/en/book/check-up?with=omri",
        "/en/book/check-up?at=nowhere",
        "/en/book/check-up?part=night",
        "/en/book/check-up?month=2026-12&month=2027-01",
        "/en/book/nothing",
        "/en/services/nothing",
        "/en/team/nobody",
        "/en/at/nowhere",
        "/en/book/check-up/at/20261130T0720Z",
        "/en/book/check-up/at/20261203T0721Z",
        "/en/book/check-up/at/soon",
        "/en/book/check-up/at/00010101T0000Z",
        "/xx",
        "/en/nothing/at/all",
    ):
        answer = await client.get(path)
        assert (path, answer.status_code) == (path, 404)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_other_spellings_of_a_date_are_moved_for_good(client: Client) -> None:
    await a_clinic()

    for spelled, usual in (
        ("/en/book/check-up/20261203", "/en/book/check-up/2026-12-03"),
        ("/en/book/check-up/2026-12-3?with=sanna", "/en/book/check-up/2026-12-03?with=sanna"),
        ("/en/book/check-up?month=2027-1", "/en/book/check-up?month=2027-01"),
        ("/en/book/check-up?week=2026-12-7", "/en/book/check-up?week=2026-12-07"),
        ("/en/book/check-up/at/2026-12-03T09:20+02:00?at=keskusta", CHECK_UP),
        ("/en", "/en/"),
        ("/en/book/check-up/", "/en/book/check-up"),
    ):
        answer = await client.get(spelled)
        assert (spelled, answer.status_code, answer.headers["location"]) == (spelled, 301, usual)


async def test_an_old_slug_is_moved_to_the_new_one(client: Client) -> None:
    clinic = await a_clinic()
    for kind, slug, target in (
        ("service", "inspection", clinic.services["check-up"].id),
        ("practitioner", "s-koivisto", clinic.practitioners["sanna"].row),
    ):
        await tables.Redirect.insert(tables.Redirect(kind=kind, slug=slug, target=target))
    await load()

    moved = [
        (await client.get(path)).headers.get("location")
        for path in ("/en/services/inspection", "/fi/book/inspection", "/en/book/inspection/2026-12-03")
    ]

    assert moved == ["/en/services/check-up", "/fi/book/check-up", "/en/book/check-up/2026-12-03"]


async def test_search_engines_get_one_address_per_page_and_its_twins(client: Client) -> None:
    await a_clinic()

    day = (await client.get("/fi/book/check-up/2026-12-03")).text
    filtered = (await client.get("/fi/book/check-up?with=sanna")).text
    empty_day = (await client.get("/fi/book/check-up/2026-12-05")).text
    time = (await client.get(CHECK_UP)).text

    assert '<link rel="canonical" href="http://127.0.0.1:8000/fi/book/check-up/2026-12-03">' in day
    twins = dict(re.findall(r'hreflang="([\w-]+)" href="http://127.0.0.1:8000([^"]+)">', day))
    assert twins == {code: f"/{code}/book/check-up/2026-12-03" for code in ("en", "fi", "he")} | {
        "x-default": "/en/book/check-up/2026-12-03"
    }
    for text in (filtered, empty_day, time):
        assert '<meta name="robots" content="noindex">' in text
        assert "canonical" not in text


async def test_the_sitemap_lists_every_page_once_per_language(client: Client) -> None:
    await a_clinic()

    sitemap = (await client.get("/sitemap.xml")).text
    robots = (await client.get("/robots.txt")).text
    listed = re.findall(r"<loc>http://127.0.0.1:8000([^<]+)</loc>", sitemap)

    assert len(listed) == len(set(listed)) == 3 * (1 + 4 + 4 + 3 + 2 + 1)
    for path in listed:
        if path.startswith("/en/"):
            assert (await client.get(path)).status_code == 200
    assert robots.splitlines()[-1] == "Sitemap: http://127.0.0.1:8000/sitemap.xml"


async def test_a_text_in_another_language_carries_its_own_language_and_direction(client: Client) -> None:
    await a_clinic()
    await tables.Clinic.update({tables.Clinic.strapline: '{"en": "Dentists in Tampere"}'}).where(tables.Clinic.id == 1)
    await load()

    page = (await client.get("/he/")).text

    assert '<span lang="en" dir="ltr">Dentists in Tampere</span>' in page


async def test_the_language_switch_keeps_the_page(client: Client) -> None:
    await a_clinic()

    page = (await client.get("/en/book/check-up?week=2026-12-08&with=sanna")).text

    assert '<a href="/he/book/check-up?week=2026-12-08&amp;with=sanna" lang="he"' in page


async def test_a_day_on_which_the_clocks_change_lists_what_the_wall_clock_shows(client: Client, clock) -> None:  # type: ignore[no-untyped-def]
    await a_clinic()
    sanna = (await tables.Practitioner.select().where(tables.Practitioner.slug == "sanna"))[0]["id"]
    keskusta = (await tables.Location.select().where(tables.Location.slug == "keskusta"))[0]["id"]
    for day in ("2027-03-28", "2026-10-25"):
        await tables.DatedHours.insert(
            tables.DatedHours(
                practitioner=sanna, location=keskusta, day=date.fromisoformat(day), opens=120, closes=300, step=30
            )
        )
    await load()

    clock.at = datetime(2027, 3, 20, 8, tzinfo=UTC)
    spring = times(await client.get("/en/book/check-up/2027-03-28"))
    clock.at = datetime(2026, 10, 20, 8, tzinfo=UTC)
    autumn = times(await client.get("/en/book/check-up/2026-10-25"))

    assert [time[11:] for time in spring] == [
        "02:00:00+02:00", "02:30:00+02:00", "04:00:00+03:00", "04:30:00+03:00",
    ]  # fmt: skip
    assert [time[11:] for time in autumn] == [
        "02:00:00+03:00", "02:30:00+03:00", "03:00:00+03:00", "03:30:00+03:00", "03:00:00+02:00", "03:30:00+02:00",
        "04:00:00+02:00", "04:30:00+02:00",
    ]  # fmt: skip


async def test_looking_and_asking_for_headers_change_nothing(client: Client) -> None:
    await a_clinic()
    before = await everything()

    for method in ("GET", "HEAD"):
        for path in (*PAGES, "/", "/robots.txt", "/sitemap.xml"):
            answer = await client.request(method, path.format("en"))
            assert answer.status_code in (200, 302)
            assert "set-cookie" not in answer.headers

    assert await everything() == before


async def test_a_head_has_the_headers_of_the_get_and_no_body(client: Client) -> None:
    await a_clinic()

    head = await client.request("HEAD", "/en/book/check-up")

    assert (head.status_code, head.content) == (200, b"")


async def test_without_a_clinic_every_page_says_that_it_is_not_there_yet(client: Client) -> None:
    answers = [await client.get(path) for path in ("/", "/en/", "/en/book/check-up", "/a/" + "x" * 22)]

    assert {answer.status_code for answer in answers} == {503}
