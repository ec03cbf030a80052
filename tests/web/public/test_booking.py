"""One time: the form, what is kept of it, what is refused and how, and what happens when the time is lost."""

import re
from urllib.parse import urlencode

import pytest

from tests.factories import a_clinic
from tests.web.conftest import PARTIAL, Client
from tests.web.public.conftest import CHECK_UP, EEVA, booked, everything, once_of, read, send
from turnet.clinic import tables
from turnet.clinic.queries import load
from turnet.db.engine import LiteEngine, bound
from turnet.db.transactions import fetch

LONG = "x" * 10_000


async def visits() -> int:
    return int((await fetch("SELECT count(*) FROM booking"))[0][0])


async def test_the_form_asks_for_what_the_contract_says(client: Client) -> None:
    await a_clinic()

    page = read(await client.get(CHECK_UP))

    names = {e.attributes["name"] for e in page.elements if e.tag in ("input", "textarea") and "name" in e.attributes}
    assert names == {"name", "phone", "email", "for", "birth_year", "note", "once"}
    whom = [e.attributes["value"] for e in page.elements if e.attributes.get("name") == "for"]
    assert whom == ["me", "child", "adult"]
    assert "/en/privacy" in [e.attributes["href"] for e in page.elements if e.text == "Privacy" and e.tag == "a"]


async def test_the_form_says_the_last_moment_and_the_fee(client: Client) -> None:
    await a_clinic()
    await tables.Service.update(
        {tables.Service.late_fee: 4000, tables.Service.move_until: 1440, tables.Service.cancel_until: 2880}
    ).where(tables.Service.slug == "check-up")
    await load()

    text = (await client.get(CHECK_UP)).text

    assert "until <b>Tue 1 Dec at 09:20" not in text  # that moment has passed
    assert "A missed visit costs €40." in text
    assert "until <b>Wed 2 Dec at 09:20" not in text

    later = (await client.get("/en/book/check-up/at/20261204T0720Z?at=keskusta")).text
    assert "until <b>Wed 2 Dec at 09:20</b>." in later


async def test_every_form_has_its_own_one_time_key(client: Client) -> None:
    await a_clinic()

    keys = {once_of(await client.get(CHECK_UP)) for _ in range(3)}

    assert len(keys) == 3


async def test_booking_leads_to_the_visit(client: Client, partial: bool) -> None:
    await a_clinic()
    once = once_of(await client.get(CHECK_UP))

    answer = await send(client, CHECK_UP, {**EEVA, "once": once}, partial=partial)

    if partial:
        assert answer.status_code == 204
        path = answer.headers["hx-redirect"]
    else:
        assert answer.status_code == 303
        path = answer.headers["location"]
    assert re.fullmatch(r"/a/[A-Za-z0-9_-]{22}", path)
    page = read(await client.get(path))
    assert [e.text for e in page.elements if e.tag == "h1"] == ["Your time is booked"]
    assert any(e.attributes.get("datetime") == "2026-12-03T09:20:00+02:00" for e in page.elements)


async def test_the_same_form_twice_is_one_visit_and_the_same_page(client: Client) -> None:
    await a_clinic()
    once = once_of(await client.get(CHECK_UP))

    first = await send(client, CHECK_UP, {**EEVA, "once": once})
    second = await send(client, CHECK_UP, {**EEVA, "once": once})

    assert first.headers["location"] == second.headers["location"]
    assert await visits() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": LONG}, "name"),
        ({"name": "Eeva\r\nBcc: all@example.com"}, "name"),
        ({"name": "Eeva\x00"}, "name"),
        ({"name": "Eeva\u202eilikäM"}, "name"),
        ({"phone": "12", "email": ""}, "phone"),
        ({"phone": "call me", "email": ""}, "phone"),
        ({"phone": LONG}, "phone"),
        ({"phone": "", "email": ""}, "phone"),
        ({"email": "eeva@"}, "email"),
        ({"email": "eeva@example.com\r\nBcc: a@b.example"}, "email"),
        ({"email": LONG}, "email"),
        ({"for": "everybody"}, "for"),
        ({"for": "child", "birth_year": ""}, "birth_year"),
        ({"for": "child", "birth_year": "1950"}, "birth_year"),
        ({"for": "child", "birth_year": "-1"}, "birth_year"),
        ({"for": "child", "birth_year": "٢٠١٩x"}, "birth_year"),
        ({"note": LONG}, "note"),
        ({"note": "a\x1b[31m"}, "note"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_stays(
    client: Client, changes: dict[str, str], field: str, partial: bool
) -> None:
    await a_clinic()
    sent = {**EEVA, "once": once_of(await client.get(CHECK_UP)), **changes}

    answer = await send(client, CHECK_UP, sent, partial=partial)

    assert answer.status_code == 422
    page = read(answer)
    by_id = {e.attributes["id"]: e for e in page.elements if "id" in e.attributes}
    error = by_id[f"{field}-error"]
    assert error.text.strip()
    if field != "for":
        assert f"{field}-error" in by_id[field].attributes["aria-describedby"].split()
        assert by_id[field].attributes["aria-invalid"] == "true"
    links = [e for e in page.elements if e.tag == "a" and e.attributes.get("href", "").startswith("#")]
    assert error.text.strip() in [link.text for link in links if link.attributes["href"][1:] in by_id]
    typed = {e.attributes["name"]: e.attributes.get("value", "") for e in page.elements if e.tag == "input"}
    assert typed["once"] == sent["once"]
    for name in ("name", "phone", "email"):
        if not re.search(r"[\x00-\x1f]", sent[name]):
            assert typed[name] == sent[name]
    if field != "note":
        assert by_id["note"].text.strip() == sent["note"]
    assert await visits() == 0


async def test_what_no_browser_sends_is_refused_and_never_breaks(client: Client) -> None:
    await a_clinic()
    before = await everything()
    form = "application/x-www-form-urlencoded"
    good = urlencode(EEVA)

    for body, kind, status in (
        (b"name=%ff%fe&email=a@example.com", form, 400),
        (b"\xff\xfe=1", form, 400),
        (f"{good}&name=Two".encode(), form, 400),
        ("&".join(f"f{n}=1" for n in range(500)).encode(), form, 400),
        (b"name=" + b"x" * 70_000, form, 413),
        (b'{"name": "Eeva"}', "application/json", 415),
        (b"<xml/>", "text/xml", 415),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b", 415),
        (b"name=Eeva", "", 415),
        (b"", form, 422),
        (b"", "", 422),
    ):
        answer = await client.post(CHECK_UP, content=body, headers={"Content-Type": kind})
        assert (body[:40], answer.status_code) == (body[:40], status)

    assert await everything() == before


async def test_end_price_and_state_from_outside_are_ignored(client: Client) -> None:
    await a_clinic()

    await booked(
        client,
        end="20301203T0720Z",
        minutes="600",
        price="0",
        status="done",
        state="done",
        location="2",
        practitioner="9",
    )

    [(start, end, state)] = await fetch("SELECT starts_at, ends_at, state FROM booking")
    assert ((end - start).total_seconds(), state) == (1800, "booked")


async def test_fields_in_the_query_book_nothing(client: Client) -> None:
    await a_clinic()

    answer = await client.post(f"{CHECK_UP}&{urlencode(EEVA)}", headers={"X-HTTP-Method-Override": "POST"})
    looked = await client.get(f"{CHECK_UP}&{urlencode(EEVA)}&_method=POST")

    assert (answer.status_code, looked.status_code) == (422, 200)
    assert await visits() == 0


async def test_a_form_from_another_site_is_refused(client: Client) -> None:
    await a_clinic()

    answer = await send(client, CHECK_UP, EEVA, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert await visits() == 0


async def test_a_time_lost_meanwhile_keeps_what_was_typed_and_offers_what_is_near(
    client: Client, partial: bool
) -> None:
    await a_clinic()
    url = "/en/book/root-canal/at/20261203T0600Z?at=keskusta"
    once = once_of(await client.get(url))
    await booked(client, url, email="first@example.com", phone="")

    answer = await send(client, url, {**EEVA, "once": once}, partial=partial)

    assert answer.status_code == 409
    page = read(answer)
    typed = {e.attributes["name"]: e.attributes.get("value", "") for e in page.elements if e.tag == "input"}
    assert (typed["name"], typed["phone"], typed["email"]) == (EEVA["name"], EEVA["phone"], EEVA["email"])
    offers = [e for e in page.elements if e.tag == "button" and "slot" in e.attributes.get("class", "")]
    assert offers and offers[0].inside.count("form") == 1
    assert "first" not in answer.text.lower().replace("first page", "")

    taken = await send(client, offers[0].attributes["formaction"], {**EEVA, "once": typed["once"]})

    assert taken.status_code == 303
    assert await visits() == 2


async def test_a_time_that_somebody_has_offers_what_is_near_to_whoever_looks(client: Client) -> None:
    await a_clinic()
    url = "/en/book/root-canal/at/20261203T0600Z?at=keskusta"
    await booked(client, url)

    answer = await client.get(url)

    assert answer.status_code == 409
    assert [e for e in read(answer).elements if e.attributes.get("name") == "name"] == []
    assert re.search(r'<a class="slot" href="/en/book/root-canal/at/20261203T\d{4}Z', answer.text)


async def test_a_time_that_has_passed_while_the_form_lay_open(client: Client) -> None:
    await a_clinic()
    url = "/en/book/acute/at/20261201T0900Z?at=keskusta"
    once = once_of(await client.get(url))
    client.clock.advance(hours=3)

    answer = await send(client, url, {**EEVA, "once": once})

    assert answer.status_code == 422
    assert EEVA["name"] in answer.text


async def test_more_bookings_than_the_limit_keep_what_was_typed(client: Client) -> None:
    await a_clinic()
    for day in ("03", "04", "07"):
        await booked(client, f"/en/book/check-up/at/202612{day}T0720Z?at=keskusta")

    answer = await send(client, "/en/book/check-up/at/20261208T0720Z?at=keskusta", EEVA)

    assert answer.status_code == 429
    assert EEVA["name"] in answer.text
    assert answer.text.count("That is as many times as we give out on the web at once.") == 1


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_full_disk_keeps_what_was_typed_and_says_when_to_try_again(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await a_clinic()
    engine = bound()
    assert isinstance(engine, LiteEngine)
    [size] = await engine.run_ddl("PRAGMA page_count")
    await engine.run_ddl(f"PRAGMA max_page_count = {size['page_count']}")
    visit = {**EEVA, "note": "canary " + "x" * 900}

    for day in ("03", "04", "07", "08", "09", "10"):
        url = f"/en/book/check-up/at/202612{day}T0720Z?at=keskusta"
        answer = await send(client, url, {**visit, "phone": "", "email": f"eeva{day}@canary.example"})
        if answer.status_code != 303:
            break

    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "60")
    assert visit["note"] in answer.text
    assert "Nothing you wrote is lost: try again in a minute." in answer.text
    assert "nothing can be saved" in [record.getMessage() for record in caplog.records]
    await engine.run_ddl("PRAGMA max_page_count = 1073741823")


@pytest.mark.parametrize(
    ("referer", "stored"),
    [
        ("https://search.example/find?q=canary", "search.example"),
        ("https://search.example:8443/", "search.example"),
        ("http://127.0.0.1:8000/en/", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
async def test_a_visit_stores_the_host_that_led_to_its_form_and_nothing_more(
    client: Client, referer: str, stored: str
) -> None:
    await a_clinic()
    page = await client.get(CHECK_UP, headers={"Referer": referer} if referer else {})
    hidden = {
        e.attributes["name"]: e.attributes["value"] for e in read(page).elements if e.attributes.get("type") == "hidden"
    }
    assert hidden.get("from", "") == stored

    refused = await send(client, CHECK_UP, {**hidden, **EEVA, "name": ""})
    hidden = {
        e.attributes["name"]: e.attributes["value"]
        for e in read(refused).elements
        if e.attributes.get("type") == "hidden"
    }
    await send(client, CHECK_UP, {**hidden, **EEVA})

    assert await fetch("SELECT referrer FROM booking") == [(stored,)]


@pytest.mark.parametrize("host", ["a b", "x" * 121, "<b>", "Search.example", "a..b", "a/b"])
async def test_what_is_no_host_name_is_not_stored_as_one(client: Client, host: str) -> None:
    await a_clinic()

    await send(client, CHECK_UP, {**EEVA, "from": host})

    assert await fetch("SELECT referrer FROM booking") == [("",)]


async def test_a_time_is_kept_on_demand_and_only_then(client: Client, partial: bool) -> None:
    await a_clinic()
    looked = await client.get(CHECK_UP)
    hold_url = re.search(r'formaction="([^"]+/hold[^"]*)"', looked.text)
    assert hold_url and "set-cookie" not in looked.headers

    kept = await send(client, hold_url[1], {**EEVA, "name": "Half a na"}, partial=partial)

    assert kept.status_code == 200
    assert "Kept for you until <b class=num>10:47</b>" in kept.text
    if not partial:
        assert 'value="Half a na"' in kept.text
    other = Client(client.app, address="203.0.113.10")
    assert len(re.findall("20261203T0720Z", (await other.get("/en/book/check-up/2026-12-03?with=pekka")).text)) in (
        0,
        1,
    )
    assert "Kept for you until" in (await client.get(CHECK_UP)).text
    await other.aclose()


async def test_what_one_holds_another_cannot_take(client: Client) -> None:
    await a_clinic()
    url = "/en/book/root-canal/at/20261203T0600Z?at=keskusta"
    await send(client, url.replace("?", "/hold?"), {})
    other = Client(client.app, address="203.0.113.10")

    refused = await send(other, url, {**EEVA, "once": "a" * 22})
    mine = await booked(client, url)
    await other.aclose()

    assert refused.status_code == 409
    assert mine.startswith("/a/")


async def test_a_time_lost_while_writing_keeps_what_was_typed(client: Client, partial: bool) -> None:
    await a_clinic()
    url = "/en/book/root-canal/at/20261203T0600Z?at=keskusta"
    other = Client(client.app, address="203.0.113.10")
    await send(other, url.replace("?", "/hold?"), {})
    await other.aclose()

    foot = await send(client, url.replace("?", "/hold?"), EEVA, partial=True, headers={"HX-Target": "p#keep"})
    near = await send(client, url.replace("?", "/hold?"), EEVA, partial=partial)

    assert (foot.status_code, near.status_code) == (409, 409)
    assert "See what is near it" in foot.text and "<form" not in foot.text
    assert f'value="{EEVA["name"]}"' in near.text
    assert re.search(r'<button class="slot" formaction="/en/book/root-canal/at/', near.text)


async def test_a_booking_works_without_a_hold_and_ends_one(client: Client) -> None:
    await a_clinic()
    await send(client, CHECK_UP.replace("?", "/hold?"), {})

    answer = await send(client, CHECK_UP, {**EEVA, "once": "b" * 22})

    assert answer.status_code == 303
    assert 'turnet_hold=""' in answer.headers["set-cookie"]
    assert [kind for (kind,) in await fetch("SELECT kind FROM claim")] == ["booking"]


async def test_polyglots_come_back_as_text(client: Client) -> None:
    await a_clinic()
    nasty = "\"'><script>alert(1)</script>{{7*7}}<img src=x onerror=alert(1)>"

    answer = await send(client, CHECK_UP, {**EEVA, "name": nasty, "note": f"</textarea>{nasty}", "phone": nasty})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text and "<img" not in answer.text and "</textarea><" not in answer.text
    assert ">49<" not in answer.text


async def test_an_error_swapped_into_a_page_is_safe_and_small(client: Client) -> None:
    await a_clinic()
    await client.get("/en/")

    answer = await client.get("/en/book/<script>alert(1)</script>", headers=PARTIAL)

    assert answer.status_code == 404
    assert "script" not in answer.text and "<html" not in answer.text
    assert "+35830000116" not in answer.text  # a call does not help with an address that is not there
