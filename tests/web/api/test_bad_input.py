"""Whatever is sent, the answer is a clear 4xx as a problem document, and nothing has changed."""

import json
from typing import Any

import httpx
import pytest

from tests.web.api.conftest import PATIENT, START, Book, booking, everything, token_of
from tests.web.conftest import Client
from turnet.paths import LOCALE
from turnet.settings import Settings

JSON = {"Content-Type": "application/json"}
VALUES: dict[str, Any] = {
    "number": 7,
    "float": 1.5,
    "true": True,
    "list": ["x"],
    "object": {"$ne": ""},
    "empty": "",
    "spaces": "   ",
    "NUL": "a\0b",
    "CRLF": "a\r\nBcc: x@example.org",
    "escape": "\x1b[2J",
    "bidi override": "a\u202eb",
    "isolate": "\u2067a",
    "lone surrogate": "\ud800",
    "emoji": "🦷🦷",
    "10,000 characters": "x" * 10_000,
    "markup": "<script>alert(1)</script>",
    "template": "{{7*7}}${7*7}",
    "quote": "' OR 1=1 --",
}
REQUIRED = ("service", "start", "patient")
FINE_IN_A_NOTE = {"empty", "spaces", "CRLF", "emoji", "markup", "template", "quote"}


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert body["status"] == answer.status_code
    assert len(body["title"]) > 10
    return answer.status_code, answer.headers["content-type"], body["code"]


INVALID = (422, "application/problem+json", "invalid")


def refused(field: str) -> tuple[int, str, str, str]:
    """The outcome of a body in which this field alone is wrong."""
    return (*INVALID, field)


def outcome(answer: httpx.Response) -> tuple[int, str, str, str]:
    return (*problem(answer), ",".join(answer.json().get("fields", {})))


async def post(api: Client, path: str, body: Any) -> httpx.Response:
    """As ASCII, so that half a surrogate pair travels as its escape."""
    return await api.post(f"/api/v1/{path}", content=json.dumps(body).encode(), headers=JSON)


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("given", ["missing", "null"])
async def test_a_required_field_that_is_missing_is_named(api: Client, field: str, given: str) -> None:
    body: dict[str, Any] = booking()
    body[field] = None
    if given == "missing":
        del body[field]

    answer = await post(api, "bookings", body)

    assert problem(answer) == INVALID
    assert answer.json()["fields"].get(field) == "required"


async def test_everything_that_is_wrong_is_told_at_once(api: Client) -> None:
    patient = {"name": "", "phone": "12", "for": "dog", "language": "tlh", "birth_year": "2020"}
    body = {"service": "nope", "start": "2026-12-03T09:20", "location": "mars", "patient": patient, "note": "\x00"}

    answer = await post(api, "bookings", body)

    assert answer.json()["fields"] == {
        "service": "unknown",
        "start": "no_offset",
        "location": "unknown",
        "patient.name": "required",
        "patient.phone": "too_short",
        "patient.for": "not_valid",
        "patient.language": "unknown",
        "patient.birth_year": "wrong_type",
        "note": "characters",
    }


@pytest.mark.parametrize("field", ["service", "start", "practitioner", "location"])
@pytest.mark.parametrize("path", ["bookings", "holds"])
async def test_rubbish_in_any_field_is_refused(api: Client, path: str, field: str) -> None:
    values = VALUES if field in REQUIRED else VALUES.keys() - {"empty"}  # an empty wish is none
    before = await everything()

    outcomes = {value: outcome(await post(api, path, booking() | {field: VALUES[value]})) for value in values}

    assert outcomes == dict.fromkeys(values, refused(field))
    assert await everything() == before


@pytest.mark.parametrize(
    ("field", "usual"),
    [
        ("name", ()),
        ("phone", ("empty", "spaces")),  # the e-mail address is enough
        ("email", ()),
        ("for", ("empty", "spaces")),
        ("language", ("empty",)),
    ],
)
async def test_rubbish_about_a_person_is_refused(api: Client, field: str, usual: tuple[str, ...]) -> None:
    values = [value for value in VALUES if value not in usual]
    before = await everything()

    answers = {
        value: await post(api, "bookings", booking(patient=PATIENT | {field: VALUES[value]})) for value in values
    }

    assert {value: problem(answer) for value, answer in answers.items()} == dict.fromkeys(values, INVALID)
    assert [value for value, answer in answers.items() if f"patient.{field}" not in answer.json()["fields"]] == []
    assert await everything() == before


async def test_a_patient_who_is_no_object_is_refused(api: Client) -> None:
    for value in ("x", 7, True, ["Aino"]):
        answer = await post(api, "bookings", booking(patient=value))
        assert (problem(answer), answer.json()["fields"]["patient"]) == (INVALID, "wrong_type")


async def test_rubbish_in_a_note_or_a_reason_is_refused(api: Client, book: Book) -> None:
    values = [value for value in VALUES if value not in FINE_IN_A_NOTE]
    url = f"bookings/{token_of(await book())}/cancel"
    before = await everything()

    noted = {value: outcome(await post(api, "bookings", booking(note=VALUES[value]))) for value in values}
    reasoned = {value: outcome(await post(api, url, {"reason": VALUES[value]})) for value in values}

    assert noted == dict.fromkeys(values, refused("note"))
    assert reasoned == dict.fromkeys(values, refused("reason"))
    assert await everything() == before


async def test_a_version_is_a_whole_number(api: Client, book: Book) -> None:
    url = f"bookings/{token_of(await book())}"

    for value in ("1", 1.5, True, 0, -1, 2**31, 10**400, [1]):
        answers = [await post(api, f"{url}/{act}", {"start": START, "version": value}) for act in ("move", "cancel")]
        assert [outcome(answer) for answer in answers] == [refused("version")] * 2


async def test_a_time_is_an_instant_in_the_one_spelling(api: Client) -> None:
    starts = {
        "2026-12-03T09:20": "no_offset",
        "2026-12-03T09:20:00": "no_offset",
        "2026-12-03": "not_a_time",
        "2026-12-03 09:20:00+02:00": "not_a_time",
        "2026-12-03T09:20:00 02:00": "not_a_time",
        "2026-W49-4T09:20:00+02:00": "not_a_time",
        "20261203T072000Z": "not_a_time",
        "2026-13-41T09:20:00+02:00": "not_a_time",
        "2026-12-03T24:00:00+02:00": "not_a_time",
        "2026-12-03T09:20:60Z": "not_a_time",
        "2026-12-03T09:20:00+99:99": "not_a_time",
        "٢٠٢٦-١٢-٠٣T٠٩:٢٠:٠٠+٠٢:٠٠": "not_a_time",
        "2026-12-03T09:20:00+02:00\n": "not_a_time",
        "tomorrow": "not_a_time",
        "1796282400": "not_a_time",
    }

    answers = {start: await post(api, "bookings", booking(start=start)) for start in starts}

    assert {start: problem(answer) for start, answer in answers.items()} == dict.fromkeys(starts, INVALID)
    assert {start: answer.json()["fields"]["start"] for start, answer in answers.items()} == starts


async def test_a_name_is_a_name(api: Client) -> None:
    for name in ("a" * 121, "x" * 10_000, "🦷", "42", "=1+1", "a\nb"):
        answer = await post(api, "bookings", booking(patient=PATIENT | {"name": name}))
        assert outcome(answer) == refused("patient.name")


@pytest.mark.parametrize("name", ["Ōe Kenzaburō", "שרה ג׳רבי", "O’Neill-Smith", "Nguyễn Thị Ánh", "محمد"])
async def test_a_name_of_any_script_is_taken(api: Client, name: str) -> None:
    assert (await post(api, "bookings", booking(patient=PATIENT | {"name": name}))).status_code == 201


DEEP = 3000
UNREADABLE = {
    "nothing but a brace": b"{",
    "a trailing comma": b'{"service":"check-up",}',
    "not JSON": b"service=check-up",
    "arrays nested 3,000 deep": b"[" * DEEP + b"]" * DEEP,
    "objects nested 3,000 deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a field nested 3,000 deep": b'{"service":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "3,000 brackets never closed": b"[" * DEEP,
    "Latin-1": '{"note":"ä"}'.encode("latin-1"),
    "UTF-16": '{"service":"check-up"}'.encode("utf-16"),
    "half a character": b'{"note":"\xf0\x9f"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a name twice": b'{"service":"check-up","service":"acute"}',
    "NaN": b'{"people":NaN}',
    "Infinity": b'{"people":-Infinity}',
    "a control character in a string": b'{"note":"a\x01b"}',
    "a number of 5,000 digits": b'{"people":' + b"9" * 5000 + b"}",
    "two documents": b"{}{}",
}


@pytest.mark.parametrize(
    "path", ["bookings", "holds", "bookings/{token}/move", "bookings/{token}/cancel", "bookings/{token}/undo"]
)
async def test_json_that_cannot_be_read_is_400(api: Client, book: Book, path: str) -> None:
    url = f"/api/v1/{path}".format(token=token_of(await book()))
    before = await everything()

    outcomes = {what: problem(await api.post(url, content=body, headers=JSON)) for what, body in UNREADABLE.items()}

    assert outcomes == dict.fromkeys(UNREADABLE, (400, "application/problem+json", "unreadable"))
    assert await everything() == before


async def test_json_that_is_no_object_is_422(api: Client) -> None:
    for body in (b"[]", b'"text"', b"7", b"null", b"true"):
        answer = await api.post("/api/v1/bookings", content=body, headers=JSON)
        assert (outcome(answer), answer.json()["fields"]) == (refused("body"), {"body": "wrong_type"})


async def test_brackets_in_a_text_are_no_nesting(api: Client) -> None:
    assert (await post(api, "bookings", booking(note='[[[{{{"\\' * 50))).status_code == 201


async def test_no_body_at_all_misses_its_fields(api: Client) -> None:
    answer = await api.post("/api/v1/bookings")

    assert (problem(answer), set(answer.json()["fields"])) == (
        INVALID,
        {"service", "start", "patient", "patient.name", "patient.phone", "patient.email"},
    )


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
    ],
)
async def test_another_media_type_is_415(api: Client, media_type: str) -> None:
    answer = await api.post(
        "/api/v1/bookings", content=json.dumps(booking()).encode(), headers={"Content-Type": media_type}
    )

    assert problem(answer) == (415, "application/problem+json", "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_is_called_by_its_name_in_any_case(api: Client, media_type: str) -> None:
    answer = await api.post(
        "/api/v1/bookings", content=json.dumps(booking()).encode(), headers={"Content-Type": media_type}
    )

    assert answer.status_code == 201


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_of_more_than_64_kilobytes_is_413(api: Client, declared: bool) -> None:
    body = json.dumps(booking(note="x" * 70_000)).encode()

    async def pieces() -> Any:
        yield body

    answer = await api.post("/api/v1/bookings", content=body if declared else pieces(), headers=JSON)

    assert problem(answer) == (413, "application/problem+json", "too_large")


PATHS = {
    "/api/v1/clinic": "GET",
    "/api/v1/services": "GET",
    "/api/v1/practitioners": "GET",
    "/api/v1/slots": "GET",
    "/api/v1/openapi.json": "GET",
    "/api/v1/holds": "POST",
    "/api/v1/bookings": "POST",
    f"/api/v1/bookings/{'A' * 22}": "GET",
    f"/api/v1/bookings/{'A' * 22}/move": "POST",
    f"/api/v1/bookings/{'A' * 22}/cancel": "POST",
    f"/api/v1/bookings/{'A' * 22}/undo": "POST",
}


async def test_another_method_is_405_and_names_the_right_one(api: Client) -> None:
    for path, method in PATHS.items():
        for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {method}:
            answer = await api.request(other, path)
            assert (problem(answer), answer.headers["allow"]) == (
                (405, "application/problem+json", "method_not_allowed"),
                method,
            )


async def test_an_address_that_leads_nowhere_is_404(api: Client) -> None:
    for path in ("", "/nothing", "/bookings/x/y/z", "/clinic/x", "/slots/check-up", "/%2e%2e/%2e%2e/etc/passwd"):
        for method in ("GET", "POST", "DELETE"):
            answer = await api.request(method, f"/api/v1{path}")
            assert problem(answer) == (404, "application/problem+json", "not_found")


async def test_a_title_speaks_the_language_that_was_asked_for(api: Client) -> None:
    codes = ("en", "fi", "he") if (LOCALE / "fi").exists() else ("en",)
    answers = {code: await api.get("/api/v1/nothing", headers={"Accept-Language": code}) for code in codes}

    assert answers["en"].json()["title"] == "There is nothing here."
    assert {code: answer.headers["content-language"] for code, answer in answers.items()} == {
        code: code for code in codes
    }
    assert len({answer.json()["title"] for answer in answers.values()}) == len(codes)


async def test_too_many_bookings_from_one_address_are_429(api: Client, settings: Settings) -> None:
    days = [f"2026-12-{day:02}T09:20:00+02:00" for day in (3, 4, 7, 8, 9, 10)]

    answers = [
        await post(api, "bookings", booking(start=start, patient={"name": "A", "email": f"{start[8:10]}@example.org"}))
        for start in days
    ]

    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert (answers[5].json()["code"], answers[5].headers["retry-after"].isdecimal()) == ("too_many", True)
