"""Why not? Every reason as a sentence, and nobody else's diary in it."""

import re

import pytest

from tests.factories import a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.clinic import service as setup
from turnet.scheduling.spans import Span


def sentences(text: str) -> dict[str, str]:
    """Practitioner → what is said of them."""
    found = re.findall(r"<b><bdi[^>]*>(.*?)</bdi></b><p>(.*?)</p>", text, re.DOTALL)
    return {name: " ".join(re.sub(r"<[^>]+>", "", said).split()) for name, said in found}


async def ask(desk: Client, when: str, service: str = "check-up", **more: str) -> dict[str, str]:
    day, time = when.split(" ")
    answer = await desk.get("/desk/why", params={"service": service, "day": day, "time": time, **more})
    assert answer.status_code == 200
    return sentences(answer.text)


@pytest.mark.parametrize(
    ("when", "service", "sanna"),
    [
        ("2026-12-03 09:20", "check-up", "Free, in 1, 2."),
        ("2026-12-03 09:20", "cleaning", "Does not do “Cleaning”."),
        ("2026-12-01 08:00", "check-up", "This time is over."),
        ("2027-06-01 09:00", "check-up", "Too far ahead for patients: the last day they can book is Mon 1 Feb."),
        ("2026-12-05 09:20", "check-up", "Not in that day."),
        ("2026-12-03 12:20", "check-up", "Not in at that time. That day: 08:00 to 12:00 Keskusta, 13:00 to 16:00 Keskusta."),
        ("2026-12-03 09:30", "check-up", "Times begin every 20 minutes. The nearest: 09:20, 09:40."),
        ("2026-12-03 11:40", "check-up", "It takes 30 min, and the hours end at 12:00."),
    ],
)  # fmt: skip
async def test_the_rule_that_stands_in_the_way(signs_in: Signs, when: str, service: str, sanna: str) -> None:
    await a_clinic()
    desk = await signs_in()

    assert (await ask(desk, when, service))["Sanna Koivisto"].replace("\u00a0", " ") == sanna


async def test_blocked_time_says_what_for_and_until_when(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    span = Span(at("2026-12-03T09:00+02:00"), at("2026-12-03T10:00+02:00"))
    await setup.close(span, {"en": "<b>Meeting</b>"}, resource=clinic.practitioners["sanna"].id)

    said = await ask(desk, "2026-12-03 09:20")

    assert said["Sanna Koivisto"] == "Blocked 09:00 to 10:00: &lt;b&gt;Meeting&lt;/b&gt;."
    assert said["Pekka Laine"] == "Free, in 1, 2."


async def test_rooms_are_named_when_they_are_what_is_missing(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    span = Span(at("2026-12-03T09:00+02:00"), at("2026-12-03T10:00+02:00"))
    for room in ("room-1", "room-2"):
        await setup.close(span, {}, resource=clinic.rooms[room].id)

    assert (await ask(desk, "2026-12-03 09:20"))[
        "Sanna Koivisto"
    ] == "Free, but no room is: 1 is blocked, 2 is blocked."


async def test_a_practitioner_reads_of_their_own_diary_only(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)

    assert list(await ask(desk, "2026-12-03 09:20")) == ["Pekka Laine"]
    assert await ask(desk, "2026-12-03 09:20", who="sanna") == {}


async def test_one_practitioner_alone(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("read_only")

    assert list(await ask(desk, "2026-12-03 09:20", who="sanna")) == ["Sanna Koivisto"]


async def test_a_free_time_leads_to_the_booking_of_it(signs_in: Signs) -> None:
    await a_clinic()
    reception, reader = await signs_in("reception"), await signs_in("read_only")
    url = "/desk/why?start=20261203T0720Z&service=check-up"

    link = '<a class="act main" href="/desk/new?start=20261203T0720Z&amp;who=sanna&amp;service=check-up">'
    assert link in (await reception.get(url)).text
    assert "/desk/new?" not in (await reader.get(url)).text


async def test_without_a_question_it_is_about_the_next_minutes(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    text = (await desk.get("/desk/why")).text

    assert 'value="2026-12-01"' in text
    assert 'value="10:50"' in text


@pytest.mark.parametrize(
    "query", ["start=x", "day=2026-13-01", "day=1900-01-01", "time=25:00", "service=no", "who=no", "day=2026-12-01&day=2026-12-02"]
)  # fmt: skip
async def test_what_nobody_has_is_not_found(signs_in: Signs, query: str) -> None:
    await a_clinic()
    desk = await signs_in()

    assert (await desk.get(f"/desk/why?{query}")).status_code == 404


async def test_the_hour_that_summer_time_skips_means_the_next_one_there_is(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await desk.get("/desk/why?day=2027-03-28&time=03:30")

    assert 'value="04:00"' in answer.text
