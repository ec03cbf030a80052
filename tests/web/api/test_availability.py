"""What anybody may ask from any page on the web: the clinic, what it offers, when it is free."""

import pytest

from tests.web.api.conftest import START, Book
from tests.web.conftest import Client
from turnet.clinic import tables
from turnet.clock import FrozenClock

THURSDAY = "/api/v1/slots?service=check-up&from=2026-12-03&to=2026-12-03"
READS = ("/api/v1/clinic", "/api/v1/services", "/api/v1/practitioners", THURSDAY)


async def test_the_clinic_says_its_name_zone_languages_and_time(api: Client) -> None:
    answer = (await api.get("/api/v1/clinic")).json()

    facts = {name: answer[name] for name in ("name", "timezone", "languages", "now")}
    assert facts == {
        "name": "Tuomi Dental",
        "timezone": "Europe/Helsinki",
        "languages": ["en", "fi", "he"],
        "now": "2026-12-01T10:42:00+02:00",
    }
    assert [(place["slug"], place["address"]) for place in answer["locations"]] == [
        ("keskusta", "Hämeenkatu 14 B"),
        ("hervanta", "Insinöörinkatu 30"),
    ]


async def test_names_come_in_the_language_that_was_asked_for(api: Client) -> None:
    answers = {
        language: await api.get("/api/v1/services", headers={"Accept-Language": header})
        for language, header in {"fi": "fi-FI,fi;q=0.9", "he": "he", "en": "sv, *;q=0.1"}.items()
    }

    assert {language: answer.json()[0]["name"] for language, answer in answers.items()} == {
        "fi": "Tarkastus",
        "he": "בדיקה",
        "en": "Check-up",
    }
    assert {language: answer.headers["content-language"] for language, answer in answers.items()} == {
        "fi": "fi",
        "he": "he",
        "en": "en",
    }


async def test_services_say_how_long_and_with_whom(api: Client) -> None:
    answer = (await api.get("/api/v1/services")).json()

    assert [(one["slug"], one["minutes"], one["practitioners"], one["people"]) for one in answer] == [
        ("check-up", 30, ["sanna", "pekka"], 3),
        ("root-canal", 90, ["sanna"], 1),
        ("cleaning", 40, ["omri"], 1),
        ("acute", 20, ["sanna", "pekka", "omri"], 1),
    ]
    assert (answer[0]["price"], answer[0]["currency"]) == (7900, "EUR")


async def test_practitioners_say_what_they_do(api: Client) -> None:
    answer = (await api.get("/api/v1/practitioners")).json()

    assert [(one["slug"], one["name"], one["services"]) for one in answer] == [
        ("sanna", "Sanna Koivisto", ["check-up", "root-canal", "acute"]),
        ("pekka", "Pekka Laine", ["check-up", "acute"]),
        ("omri", "עמרי כהן", ["cleaning", "acute"]),
    ]


async def test_free_times_are_one_entry_per_start_and_location(api: Client) -> None:
    answer = (await api.get(THURSDAY)).json()

    assert set(answer) == {"timezone", "version", "slots"}
    assert answer["timezone"] == "Europe/Helsinki"
    assert answer["slots"][0] == {
        "start": "2026-12-03T08:00:00+02:00",
        "end": "2026-12-03T08:30:00+02:00",
        "location": "keskusta",
        "practitioners": ["sanna", "pekka"],
    }
    places = [(slot["start"], slot["location"]) for slot in answer["slots"]]
    assert len(places) == len(set(places)) == 19


async def test_both_days_are_included_and_summer_time_has_its_own_offset(api: Client, clock: FrozenClock) -> None:
    clock.advance(days=112)  # Tuesday 23 March 2027; the clocks go forward on Sunday 28 March

    slots = (await api.get("/api/v1/slots?service=check-up&from=2027-03-26&to=2027-03-30")).json()["slots"]

    days = {slot["start"][:10]: slot["start"][-6:] for slot in slots}
    assert days == {"2027-03-30": "+03:00"}  # Friday to Monday is Easter

    slots = (await api.get("/api/v1/slots?service=check-up&from=2027-03-24&to=2027-03-25")).json()["slots"]
    assert {slot["start"][:10]: slot["start"][-6:] for slot in slots} == {
        "2027-03-24": "+02:00",
        "2027-03-25": "+02:00",
    }


@pytest.mark.parametrize(
    ("narrowed", "count", "practitioners"),
    [
        ("practitioner=pekka", 19, ["pekka"]),
        ("location=keskusta", 19, ["sanna", "pekka"]),
        ("location=hervanta", 0, []),
    ],
)
async def test_times_can_be_narrowed_to_a_person_or_a_place(
    api: Client, narrowed: str, count: int, practitioners: list[str]
) -> None:
    slots = (await api.get(f"{THURSDAY}&{narrowed}")).json()["slots"]

    assert (len(slots), [name for slot in slots[:1] for name in slot["practitioners"]]) == (count, practitioners)


async def test_a_booked_time_disappears_and_the_version_moves(api: Client, book: Book) -> None:
    before = (await api.get(f"{THURSDAY}&practitioner=sanna")).json()
    await book(practitioner="sanna")
    after = (await api.get(f"{THURSDAY}&practitioner=sanna")).json()

    gone = [slot["start"] for slot in before["slots"] if slot not in after["slots"]]
    assert gone == ["2026-12-03T09:00:00+02:00", START, "2026-12-03T09:40:00+02:00"]
    assert before["version"] != after["version"]


async def test_sixty_two_days_are_one_answer(api: Client) -> None:
    answer = await api.get("/api/v1/slots?service=check-up&from=2026-12-01&to=2027-01-31")

    days = sorted({slot["start"][:10] for slot in answer.json()["slots"]})
    assert (answer.status_code, days[0], days[-1]) == (200, "2026-12-01", "2027-01-29")


async def test_a_slug_of_the_past_still_leads_to_its_service(api: Client) -> None:
    service = (await tables.Service.select().where(tables.Service.slug == "check-up"))[0]["id"]
    await tables.Redirect.insert(tables.Redirect(kind="service", slug="inspection", target=service))
    await tables.Diary.update({tables.Diary.setup_version: 2}).where(tables.Diary.id == 1)

    answer = await api.get(THURSDAY.replace("check-up", "inspection"))

    assert (answer.status_code, len(answer.json()["slots"])) == (200, 19)


async def test_a_service_booked_by_telephone_has_no_times_here(api: Client) -> None:
    await tables.Service.update({tables.Service.online: False}).where(tables.Service.slug == "check-up")
    await tables.Diary.update({tables.Diary.setup_version: 2}).where(tables.Diary.id == 1)

    assert (await api.get(THURSDAY)).json()["slots"] == []


@pytest.mark.parametrize("path", READS)
async def test_any_page_may_read_it_and_no_cookie_is_involved(api: Client, path: str) -> None:
    answer = await api.get(path, headers={"Origin": "https://elsewhere.example"})

    headers = answer.headers
    assert (answer.status_code, headers["access-control-allow-origin"]) == (200, "*")
    assert ("access-control-allow-credentials" in headers, "set-cookie" in headers) == (False, False)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", READS)
async def test_an_answer_that_is_still_true_is_304(api: Client, path: str) -> None:
    first = await api.get(path)
    again = await api.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


async def test_times_that_changed_are_sent_again(api: Client, book: Book) -> None:
    first = await api.get(THURSDAY)
    await book()

    again = await api.get(THURSDAY, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.headers["etag"] == first.headers["etag"]) == (200, False)


async def test_time_alone_changes_the_answer(api: Client, clock: FrozenClock) -> None:
    today = "/api/v1/slots?service=check-up&from=2026-12-01&to=2026-12-01"
    first = (await api.get(today)).json()["slots"][0]["start"]  # 10:42 and an hour's notice
    assert first == "2026-12-01T13:00:00+02:00"

    clock.advance(minutes=78)
    assert (await api.get(today)).json()["slots"][0]["start"] == "2026-12-01T13:00:00+02:00"

    clock.advance(minutes=1)
    assert (await api.get(today)).json()["slots"][0]["start"] == "2026-12-01T13:20:00+02:00"


async def test_a_hold_that_ends_gives_its_time_back_without_anybody_writing(api: Client, clock: FrozenClock) -> None:
    url = f"{THURSDAY}&practitioner=sanna"
    before = (await api.get(url)).json()["slots"]
    await api.post("/api/v1/holds", json={"service": "check-up", "start": START, "practitioner": "sanna"})
    assert len((await api.get(url)).json()["slots"]) == len(before) - 3

    clock.advance(hours=1)

    assert (await api.get(url)).json()["slots"] == before


WRONG: tuple[tuple[str, int, dict[str, str] | None], ...] = (
    ("from=2026-12-03&to=2026-12-03", 422, {"service": "required"}),
    ("service=check-up&to=2026-12-03", 422, {"from": "required"}),
    ("service=check-up", 422, {"from": "required", "to": "required"}),
    ("service=check-up&from=&to=", 422, {"from": "required", "to": "required"}),
    ("service=check-up&from=2026-12-04&to=2026-12-03", 422, {"to": "before_from"}),
    ("service=check-up&from=2026-12-01&to=2027-02-01", 422, {"to": "too_far"}),
    ("service=check-up&from=2026-02-30&to=2026-03-01", 422, {"from": "not_a_date"}),
    ("service=check-up&from=tomorrow&to=2026-12-03T10:00", 422, {"from": "not_a_date", "to": "not_a_date"}),
    ("service=check-up&from=20261203&to=2026-W49-4", 422, {"from": "not_a_date", "to": "not_a_date"}),
    ("service=check-up&from=٢٠٢٦-١٢-٠٣&to=2026-12-03", 422, {"from": "not_a_date"}),
    ("service=check-up&from=0000-00-00&to=9999-12-31", 422, {"from": "not_a_date"}),
    ("service=check-up&service=acute&from=2026-12-03&to=2026-12-03", 422, {"service": "repeated"}),
    ("service=check-up&from=2026-12-03&to=2026-12-03&to=2026-12-04", 422, {"to": "repeated"}),
    ("service=nobody&from=2026-12-03&to=2026-12-03", 404, None),
    ("service=check-up&from=2026-12-03&to=2026-12-03&practitioner=nobody", 404, None),
    ("service=check-up&from=2026-12-03&to=2026-12-03&location=nowhere", 404, None),
    ("service=check%00up&from=2026-12-03&to=2026-12-03", 404, None),
    ("service=%FF%FE&from=2026-12-03&to=2026-12-03", 404, None),
    ("service=%F0%9F%A6%B7&from=2026-12-03&to=2026-12-03", 404, None),
    (f"service={'x' * 4000}&from=2026-12-03&to=2026-12-03", 404, None),
)


async def test_a_wrong_question_is_a_problem_document(api: Client) -> None:
    for query, status, fields in WRONG:
        answer = await api.get(f"/api/v1/slots?{query}")
        assert (query, answer.status_code, answer.json().get("fields")) == (query, status, fields)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_days_past_and_beyond_the_horizon_have_no_times(api: Client) -> None:
    for first, last in (
        ("2020-01-01", "2020-01-31"),
        ("2030-01-01", "2030-01-31"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-30", "9999-12-31"),
    ):
        answer = await api.get(f"/api/v1/slots?service=check-up&from={first}&to={last}")
        assert (answer.status_code, answer.json()["slots"]) == (200, [])


async def test_a_cold_answer_takes_three_queries_and_a_warm_one_none(
    api: Client, queries: list[str], book: Book
) -> None:
    await book()
    queries.clear()

    await api.get(THURSDAY.replace("to=2026-12-03", "to=2027-01-31"))
    cold = len(queries)
    await api.get(THURSDAY.replace("to=2026-12-03", "to=2027-01-31"))

    assert (cold, len(queries) - cold) == (3, 0)


async def test_before_there_is_a_clinic_the_api_says_so(client: Client) -> None:
    answer = await client.get("/api/v1/clinic")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
