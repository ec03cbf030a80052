"""Lost links: sent to whoever booked, and not a word to anybody else about who that is."""

from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.public.conftest import booked, everything, read, send
from turnet.booking.service import find
from turnet.db.engine import LiteEngine, bound
from turnet.db.transactions import effects_done, fetch
from turnet.messaging.deliver import deliverer, drain
from turnet.settings import Settings

no_database = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""Neither has a part in this."""

EEVA, NOBODY = "eeva@canary.example", "nora@canary.example"
PHONE = {"email": "", "phone": "040 000 0123"}
LATER = "/en/book/check-up/at/20261204T0720Z?at=keskusta"


async def ask(client: Client, contact: str, **more: Any) -> httpx.Response:
    return await send(client, "/find", {"contact": contact}, **more)


async def written() -> list[tuple[Any, ...]]:
    """(channel, recipient, language) of every message with links."""
    return await fetch("SELECT channel, recipient, language FROM message WHERE kind = 'visit_links' ORDER BY due_at")


def heading(answer: httpx.Response) -> str:
    return next(e.text for e in read(answer).elements if e.tag == "h1")


def typed(answer: httpx.Response) -> dict[str, str]:
    return next(e.attributes for e in read(answer).elements if e.tag == "input")


async def elsewhere(app: Litestar, number: int) -> Client:
    return Client(app, address=f"198.51.100.{number}")


# --- the page


async def test_the_page_asks_for_one_thing_and_is_not_kept_or_found(client: Client) -> None:
    await a_clinic()

    answer = await client.get("/find")

    assert (answer.status_code, heading(answer)) == (200, "Find your visit")
    assert answer.headers["cache-control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "canonical" not in answer.text
    field = typed(answer)
    assert (field["name"], field["inputmode"], field["autocomplete"]) == ("contact", "email", "email")


@no_database
@pytest.mark.parametrize(
    ("url", "accepted", "language"),
    [
        ("/find", "en", "en"),
        ("/find", "sv, fi;q=0.8, en;q=0.5", "fi"),
        ("/find", "ru", "en"),
        ("/find?lang=he", "fi", "he"),
        ("/find?lang=xx", "fi", "fi"),
    ],
)
async def test_one_address_speaks_every_language(client: Client, url: str, accepted: str, language: str) -> None:
    await a_clinic()

    answer = await client.get(url, headers={"Accept-Language": accepted})

    assert f'<html lang="{language}"' in answer.text
    assert f'action="/find?lang={language}"' in answer.text
    assert "Accept-Language" in answer.headers["vary"]


async def test_looking_changes_nothing(client: Client) -> None:
    await a_clinic()
    await booked(client)
    before = await everything()

    for method in ("GET", "HEAD"):
        for url in ("/find", "/find?lang=fi", f"/find?contact={EEVA}"):
            assert (await client.request(method, url)).status_code == 200

    assert await everything() == before


def links(answer: httpx.Response) -> list[str]:
    return [e.attributes["href"] for e in read(answer).elements if e.tag == "a" and "main" in e.inside]


async def test_the_foot_of_every_page_leads_there(client: Client) -> None:
    await a_clinic()

    for url, language in (("/fi/", "fi"), ("/en/privacy", "en"), ("/find?lang=he", "he")):
        foot = [
            e.attributes["href"] for e in read(await client.get(url)).elements if "footer" in e.inside and e.tag == "a"
        ]
        assert (url, f"/find?lang={language}" in foot) == (url, True)


async def test_a_dead_link_leads_there(client: Client) -> None:
    await a_clinic()

    assert links(await client.get(f"/a/{'x' * 22}")) == ["/en/", "/find?lang=en"]


async def test_whoever_has_booked_too_much_is_led_to_what_they_have(client: Client) -> None:
    await a_clinic()
    for day in (3, 4, 7):
        await booked(client, f"/en/book/check-up/at/202612{day:02}T0720Z?at=keskusta")

    url = "/en/book/check-up/at/20261208T0720Z?at=keskusta"
    refused = await send(client, url, {"name": "Eeva Mäkelä", "email": EEVA, "once": "o" * 22})

    assert refused.status_code == 429
    assert "/find?lang=en" in links(refused)


# --- what is sent


async def test_an_address_in_any_case_gets_every_coming_visit_in_the_pages_language(
    client: Client, partial: bool
) -> None:
    await a_clinic()
    await booked(client)
    await booked(client, LATER)

    answer = await send(client, "/find?lang=fi", {"contact": " Eeva@Canary.Example "}, partial=partial)

    assert (answer.status_code, heading(answer)) == (200, "Katso sähköpostisi")
    assert ("<html" in answer.text) is not partial
    assert await written() == [("email", EEVA, "fi")]


async def test_a_number_is_read_as_it_is_dialled(client: Client) -> None:
    await a_clinic()
    await booked(client, **PHONE)

    answer = await ask(client, "040 0000 123")

    assert heading(answer) == "Look at your messages"
    assert await written() == [("sms", "+358400000123", "en")]


async def test_the_row_is_useful_for_an_hour_and_speaks_of_the_first_visit(client: Client) -> None:
    await a_clinic()
    await booked(client, LATER)
    await booked(client)

    await ask(client, EEVA)

    rows = await fetch(
        "SELECT m.state, m.attempts, m.facts, m.due_at, m.not_after, m.created_at, b.starts_at FROM message m "
        "JOIN booking b ON b.id = m.booking WHERE m.kind = 'visit_links'"
    )
    now = client.clock.now()
    assert rows == [("queued", 0, "{}", now, now + find.USEFUL, now, now.replace(day=3, hour=7, minute=20))]


async def test_the_links_that_arrive_open_the_visits(client: Client, settings: Settings) -> None:
    await a_clinic()
    paths = [await booked(client), await booked(client, LATER)]
    await fetch("UPDATE message SET state = 'cancelled'")
    await ask(client, EEVA)

    await drain(deliverer(replace(settings, base_url="https://times.tuomi.example"), client.clock))

    [file] = (settings.data / "outbox" / "mail").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [line for line in body.splitlines() if "/a/" in line] == [f"https://times.tuomi.example{p}" for p in paths]
    assert [(await client.get(path)).status_code for path in paths] == [200, 200]


@pytest.mark.parametrize("past", ["cancelled", "over"])
async def test_nothing_is_sent_of_visits_that_are_not_coming(client: Client, past: str) -> None:
    await a_clinic()
    path = await booked(client)
    if past == "cancelled":
        await send(client, f"{path}/cancel", {"version": "1"})
    else:
        client.clock.advance(days=3)

    answer = await ask(client, EEVA)

    assert (answer.status_code, await written()) == (200, [])


# --- what is not told


def seen(answer: httpx.Response, contact: str) -> tuple[int, str, dict[str, str]]:
    """Everything an answer shows, but for what was typed and the request's own number."""
    headers = {name: text for name, text in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.text.replace(contact, "…"), headers


async def told(client: Client, statements: list[str], known: str, unknown: str, **more: Any) -> list[Any]:
    """What is seen, and how often the database is asked, for a contact that has visits and for one that has not."""
    found = []
    for contact in (known, unknown):
        statements.clear()
        answer = await ask(client, contact, **more)
        found.append((seen(answer, contact), len(statements)))
    return found


async def test_known_and_unknown_get_the_same_answer_for_the_same_work(
    client: Client, statements: list[str], partial: bool
) -> None:
    await a_clinic()
    await booked(client)
    await booked(client, LATER, **PHONE)

    mail = await told(client, statements, EEVA, NOBODY, partial=partial)
    phone = await told(client, statements, "040 000 0123", "040 000 0124", partial=partial)

    assert mail[0] == mail[1]
    assert phone[0] == phone[1]
    assert sorted((channel, to) for channel, to, _language in await written()) == [
        ("email", EEVA),
        ("sms", "+358400000123"),
    ]


async def test_control_writing_only_for_the_known_would_be_noticed(
    client: Client, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_clinic()
    await booked(client)
    honest = find._write

    async def only_for_the_known(act: Any, channel: str, contact: str, language: str, booking: int) -> None:
        if booking:
            await honest(act, channel, contact, language, booking)

    monkeypatch.setattr(find, "_write", only_for_the_known)

    known, unknown = await told(client, statements, EEVA, NOBODY)

    assert known[0] == unknown[0]
    assert known[1] == unknown[1] + 1


async def test_asking_costs_five_statements(client: Client, statements: list[str]) -> None:
    """The versions, because somebody wrote before; two countings, one look, one row or none."""
    await a_clinic()
    await ask(client, "somebody@canary.example")

    [(_seen, first), (_also, second)] = await told(client, statements, EEVA, NOBODY)

    assert (first, second) == (5, 5)


async def test_nobody_is_woken_while_somebody_waits_for_the_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = []

    async def wake() -> None:
        woken.append("up")

    await a_clinic()
    await booked(client)
    await effects_done()
    monkeypatch.setattr("turnet.messaging.outbox._wake", wake)

    await ask(client, EEVA)
    await effects_done()

    assert (woken, len(await written())) == ([], 1)


# --- what is wrong with what was typed


@no_database
@pytest.mark.parametrize(
    ("contact", "sentence"),
    [
        ("", "Write the number or the address you gave us."),
        ("   ", "Write the number or the address you gave us."),
        ("eeva", "Write a number as you would dial it, or an address such as name@example.com."),
        ("eeva@", "That is not an e-mail address. It has the form name@example.com."),
        ("a" * 330 + "@canary.example", "That is not an e-mail address. It has the form name@example.com."),
        ("040 12", "That is not a number we can reach. Write it as you would dial it."),
        ("0" * 400, "That is not a number we can reach. Write it as you would dial it."),
        ("<b>@x", "That is not an e-mail address. It has the form name@example.com."),
        ("\x00\u202e@x", "That is not an e-mail address. It has the form name@example.com."),
    ],
)
async def test_the_error_stands_beside_the_field_and_what_was_typed_stays(
    client: Client, contact: str, sentence: str, partial: bool
) -> None:
    await a_clinic()

    answer = await ask(client, contact, partial=partial)

    errors = [e.text for e in read(answer).elements if e.attributes.get("id") == "contact-error"]
    field = typed(answer)
    assert (answer.status_code, errors) == (422, [sentence])
    assert (field["aria-describedby"], field["aria-invalid"]) == ("contact-error", "true")
    assert field["value"] == contact.replace("\x00", "�")
    assert await fetch("SELECT key FROM tally") == []


async def test_a_form_from_another_site_is_refused(client: Client) -> None:
    await a_clinic()
    await booked(client)

    answer = await ask(client, EEVA, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, await written()) == (403, [])


# --- limits


async def test_a_contact_is_written_to_once_in_ten_minutes_and_three_times_a_day(client: Client, app: Litestar) -> None:
    await a_clinic()
    await booked(client)
    sent = []

    for number in range(8):
        async with await elsewhere(app, number) as somebody:
            answers = [await ask(somebody, EEVA) for _ in range(2)]
        assert [heading(answer) for answer in answers] == ["Look in your mailbox"] * 2
        sent.append(len(await written()))
        client.clock.advance(minutes=10)

    assert sent == [1, 2, 3, 3, 3, 3, 3, 3]
    client.clock.advance(days=1)
    await ask(client, EEVA)
    assert len(await written()) == 4


async def test_pressing_often_uses_up_nothing_of_the_day(client: Client, app: Litestar) -> None:
    await a_clinic()
    await booked(client)

    for number in range(4):
        async with await elsewhere(app, number) as somebody:
            await ask(somebody, EEVA)
    client.clock.advance(minutes=10)
    await ask(client, EEVA)

    assert len(await written()) == 2


async def test_over_its_limit_a_known_contact_and_an_unknown_one_look_alike(
    client: Client, statements: list[str]
) -> None:
    await a_clinic()
    await booked(client)
    await told(client, statements, EEVA, NOBODY)

    known, unknown = await told(client, statements, EEVA, NOBODY)

    assert known == unknown
    assert known[0][0] == 200


async def test_the_sixth_asking_of_an_address_within_an_hour_is_turned_away(client: Client, app: Litestar) -> None:
    await a_clinic()
    await booked(client)
    answers = [await ask(client, f"nobody{number}@canary.example") for number in range(5)]

    refused = await ask(client, EEVA)

    assert [answer.status_code for answer in (*answers, refused)] == [200] * 5 + [429]
    assert refused.headers["retry-after"] == "60"
    assert typed(refused)["value"] == EEVA
    assert await written() == []
    async with await elsewhere(app, 1) as somebody:
        assert (await ask(somebody, EEVA)).status_code == 200
    client.clock.advance(hours=1)
    assert (await ask(client, EEVA)).status_code == 200


async def test_being_turned_away_uses_up_nothing_of_the_contact(client: Client, app: Litestar) -> None:
    await a_clinic()
    await booked(client)
    for number in range(5):
        await ask(client, f"nobody{number}@canary.example")
    await ask(client, EEVA)

    async with await elsewhere(app, 1) as somebody:
        await ask(somebody, EEVA)

    assert len(await written()) == 1


class TestWithoutLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, limits="off")

    async def test_nobody_is_counted(self, client: Client) -> None:
        await a_clinic()
        await booked(client)

        answers = [await ask(client, EEVA) for _ in range(7)]

        assert ({answer.status_code for answer in answers}, len(await written())) == ({200}, 7)
        assert await fetch("SELECT key FROM tally") == []

    @no_database
    async def test_a_full_disk_keeps_what_was_typed_and_says_when_to_try_again(self, client: Client) -> None:
        await a_clinic()
        await booked(client)
        engine = bound()
        assert isinstance(engine, LiteEngine)
        [size] = await engine.run_ddl("PRAGMA page_count")
        await engine.run_ddl(f"PRAGMA max_page_count = {size['page_count']}")

        for _ in range(100):
            answer = await ask(client, EEVA)
            if answer.status_code != 200:
                break

        await engine.run_ddl("PRAGMA max_page_count = 1073741823")
        assert (answer.status_code, answer.headers["retry-after"], typed(answer)["value"]) == (503, "60", EEVA)
        assert "Try again in a few minutes, or call us." in answer.text
