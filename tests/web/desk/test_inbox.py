"""The inbox: who waits, what was said, and every act as a plain form and as a piece of a page."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.db.booking.acts import ANNA
from tests.db.conversation.test_desk import STRANGER, wrote
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.test_opinions import answered
from tests.web.desk.visits import a_visit, clinic_now, form_of, send, went_to, words
from turnet.conversation import queries
from turnet.db.transactions import fetch
from turnet.messaging.refusals import suspended

THURSDAY = "2026-12-03T09:20+02:00"


async def answers() -> list[tuple[str, str]]:
    rows = await fetch("SELECT recipient, facts FROM message WHERE kind = 'desk_answer' ORDER BY created_at")
    return [(to, json.loads(facts)["text"]) for to, facts in rows]


async def an_unclear_one(app: Litestar, text: str = "Voinko tulla koiran kanssa?") -> str:
    """From Anna, who comes on Thursday. Returns where the conversation is."""
    await a_visit(await a_clinic(), app.state.clock, THURSDAY)
    return f"/desk/inbox/{await wrote(ANNA.phone, text, app.state.clock)}"


def act(page: Any, url: str, name: str) -> dict[str, str]:
    return form_of(page, f"{url}/{name}")


async def test_who_waits_is_listed_with_what_they_wrote_and_counted(app: Litestar, signs_in: Signs) -> None:
    desk = await signs_in()
    await a_clinic_with_nobody(desk)
    await a_visit(await clinic_now(), app.state.clock, THURSDAY)
    await wrote(ANNA.phone, "<b>Voinko</b>?", app.state.clock, why="cannot_come")

    page, needs = await desk.get("/desk/inbox"), await desk.get("/desk/needs")

    assert "Anna Virtanen" in words(page)
    assert ("&lt;b&gt;Voinko&lt;/b&gt;?" in page.text, "<b>Voinko" in page.text) == (True, False)
    assert "Cannot come" in words(page)
    assert (await desk.get("/desk/inbox/count")).text == '<b aria-hidden="true">1</b><span class="vh">, 1 waits</span>'
    assert "1 waits for an answer by SMS" in words(needs)


async def test_more_than_a_page_of_them_can_all_be_reached(app: Litestar, signs_in: Signs) -> None:
    """A flood of strangers must not hide whoever wrote after it."""
    desk = await signs_in()
    await a_visit(await a_clinic(), app.state.clock, THURSDAY)
    for number in range(queries.ROWS):
        await wrote(f"+35840111{number:04d}", "spam", app.state.clock)
    app.state.clock.advance(minutes=1)
    await wrote(ANNA.phone, "Voinko tulla?", app.state.clock)

    first = await desk.get("/desk/inbox")
    more = await desk.get(f"/desk/inbox?show=open&rows={2 * queries.ROWS}")

    assert [page.text.count('class="open"') for page in (first, more)] == [queries.ROWS, queries.ROWS + 1]
    assert (f"?show=open&amp;rows={2 * queries.ROWS}" in first.text, ">More</a></p>" in more.text) == (True, False)
    assert ["Anna Virtanen" in words(page) for page in (first, more)] == [False, True]


async def a_clinic_with_nobody(desk: Client) -> None:
    await a_clinic()
    page = words(await desk.get("/desk/inbox"))
    assert "Nobody waits for you. Whatever the server cannot settle by itself appears here at once." in page
    assert (await desk.get("/desk/inbox/count")).text == ""
    assert "Nobody has written yet." in words(await desk.get("/desk/inbox?show=all"))
    assert "You have taken none." in words(await desk.get("/desk/inbox?show=mine"))


async def current() -> Any:
    from tests.web.desk.visits import clinic_now

    return await clinic_now()


async def test_one_conversation_shows_everything_and_the_ways_on(app: Litestar, signs_in: Signs) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()

    page = await desk.get(url)

    said = words(page)
    for part in (
        "Anna Virtanen",
        "Voinko tulla koiran kanssa?",
        "Not understood",
        "It waits for you.",
        "Thu 3 Dec at 09:20",
    ):
        assert part in said
    assert f'href="tel:{ANNA.phone}"' in page.text
    for way in ("/desk/visits/", "/move?back=", "/desk/patients/"):
        assert way in page.text
    assert '<bdi class="as-written" dir="auto">Voinko' in page.text


async def test_an_answer_goes_once_and_leaves_it_open(app: Litestar, signs_in: Signs, partial: bool) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()
    form = await typed(desk, url, "Tervetuloa.") | {"then": "open"}

    first = await send(desk, f"{url}/answer", form, partial=partial)
    again = await send(desk, f"{url}/answer", form, partial=partial)

    assert (went_to(first), went_to(again)) == (f"{url}?did=answered&v=3#newest",) * 2
    assert await answers() == [(ANNA.phone, "Tervetuloa.")]
    page = words(await desk.get(f"{url}?did=answered"))
    assert ("The answer is on its way." in page, "Tervetuloa." in page, "taken by Reception" in page) == (True,) * 3


async def typed(desk: Client, url: str, text: str) -> dict[str, str]:
    return form_of(await desk.get(url), f"{url}/answer") | {"text": text}


async def test_a_browser_that_goes_back_and_sends_again_sends_nothing_twice(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    """It restores what was typed into a new page. Control: another text goes, and the same one after they wrote."""
    url = await an_unclear_one(app)
    desk = await signs_in()

    async def sends(text: str, then: str = "open") -> str:
        return went_to(
            await send(desk, f"{url}/answer", await typed(desk, url, text) | {"then": then}, partial=partial)
        )

    ways = [await sends("Ok."), await sends("Ok."), await sends("Ok.", "done")]
    assert ([text for _to, text in await answers()], [one.state for one in await queries.recent()]) == (
        ["Ok."],
        ["done"],
    )
    assert [re.findall("did=[a-z]+", way) for way in ways] == [["did=answered"], [], ["did=sent"]]
    await sends("Ok, tomorrow.", "done")
    assert "did=done&" in await sends("Ok, tomorrow.", "done")
    app.state.clock.advance(minutes=1)
    await wrote(ANNA.phone, "Sorry?", app.state.clock)
    await sends("Ok, tomorrow.")
    assert [text for _to, text in await answers()] == ["Ok.", "Ok, tomorrow.", "Ok, tomorrow."]


async def test_what_renews_itself_leaves_the_form_as_it_was(app: Litestar, signs_in: Signs) -> None:
    """Else a second tab would answer what it was never shown to have been answered."""
    url = await an_unclear_one(app)
    desk = await signs_in()

    renewed = await desk.get(url, headers={"HX-Request": "true", "HX-Request-Type": "partial"})

    assert ('id="thread"' in renewed.text, 'form="answer"' in renewed.text, '"once"' in renewed.text) == (
        True,
        False,
        False,
    )


async def test_an_answer_that_ends_it_is_done_and_can_be_opened_again(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()

    after = went_to(
        await send(desk, f"{url}/answer", await typed(desk, url, "Ok.") | {"then": "done"}, partial=partial)
    )
    page = await desk.get(after)
    shown = await desk.get(url)
    undone = await send(desk, f"{url}/reopen", act(shown, url, "reopen"), partial=partial)

    assert after == f"/desk/inbox?did=sent&of={url.rpartition('/')[2]}"
    assert ("The answer is on its way, and nothing waits here." in words(page), "Undo" in words(page)) == (True, False)
    assert went_to(undone) == f"{url}?v=4#newest"
    assert [one.state for one in await queries.recent()] == ["open"]


async def test_who_is_overtaken_sees_it_and_loses_nothing(app: Litestar, signs_in: Signs, partial: bool) -> None:
    url = await an_unclear_one(app)
    rea, mona = await signs_in(), await signs_in("manager")
    mine, theirs = await typed(rea, url, "Mine."), await typed(mona, url, "Theirs.")
    went_to(await send(mona, f"{url}/answer", theirs, partial=partial))

    late = await send(rea, f"{url}/answer", mine, partial=partial)

    said = words(late)
    assert (late.status_code, "Not sent yet" in said, "Theirs." in said, ">\nMine.</textarea>" in late.text) == (
        409, True, True, True,
    )  # fmt: skip
    assert await answers() == [(ANNA.phone, "Theirs.")]
    retry = form_of(late, f"{url}/answer") | {"text": "Mine."}
    went_to(await send(rea, f"{url}/answer", retry, partial=partial))
    assert [text for _to, text in await answers()] == ["Theirs.", "Mine."]


@pytest.mark.parametrize(
    ("text", "said"), [(" ", "Write what they should read."), ("x" * 600, "Too long for a text message.")]
)
async def test_what_cannot_go_is_said_and_kept(
    app: Litestar, signs_in: Signs, text: str, said: str, partial: bool
) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()

    answer = await send(desk, f"{url}/answer", await typed(desk, url, text), partial=partial)

    assert (answer.status_code, said in words(answer), text.strip() in answer.text) == (422, True, True)
    assert await answers() == []


@pytest.mark.parametrize(
    ("name", "after", "was"),
    [
        ("take", "?did=taken&v=2#newest", "It is yours."), ("done", "", "Done. It opens again"),
        ("wrong", "?did=wrong", "Nothing is sent to this number any more."),
    ],
)  # fmt: skip
async def test_each_act_says_what_it_did(
    app: Litestar, signs_in: Signs, name: str, after: str, was: str, partial: bool
) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()

    went = went_to(await send(desk, f"{url}/{name}", act(await desk.get(url), url, name), partial=partial))

    assert went == (f"{url}{after}" if after else f"/desk/inbox?did=done&of={url.rpartition('/')[2]}")
    assert was in words(await desk.get(went))


async def test_a_wrong_number_is_right_again_with_one_press(app: Litestar, signs_in: Signs, partial: bool) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()
    went = went_to(await send(desk, f"{url}/wrong", {}, partial=partial))
    wrong = await suspended(ANNA.phone)
    page = await desk.get(went)
    listed = words(await desk.get("/desk/inbox/failed"))

    went_to(await send(desk, f"{url}/right", act(page, url, "right"), partial=partial))

    assert (wrong is not None, "A stranger has the number" in listed, await suspended(ANNA.phone)) == (True, True, None)


async def test_a_stranger_is_nobody_until_somebody_says_who(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    url = f"/desk/inbox/{await wrote(STRANGER, 'Hei', app.state.clock)}"
    desk = await signs_in()

    page = await desk.get(url)
    found = await desk.get(f"{url}/whose?q=Virtanen")
    patients = re.findall(r'action="(/desk/patients/[^"]+/contacts)"', found.text)
    went_to(await desk.post(patients[0], data=form_of(found, patients[0])))

    assert "Nobody here has this number" in words(page)
    assert ("/desk/new?phone=%2B358409998887" in page.text, visit.patient_name in words(page)) == (True, False)
    assert "Anna Virtanen" in words(await desk.get(url))


async def test_card_and_letter_lead_to_the_conversation_where_there_is_one(app: Litestar, signs_in: Signs) -> None:
    visit = await a_visit(await a_clinic(), app.state.clock, THURSDAY)
    [(patient,)] = await fetch("SELECT public_id FROM patient WHERE id = {}", visit.patient)
    desk = await signs_in()
    pages = (f"/desk/patients/{patient}", f"/desk/visits/{visit.public_id}/message")
    before = [(await desk.get(page)).text for page in pages]
    link = f'href="/desk/inbox/{await wrote(ANNA.phone, "Hei", app.state.clock)}"'

    assert [link in text for text in before] == [False, False]
    assert [link in (await desk.get(page)).text for page in pages] == [True, True]


async def test_a_conversation_opens_at_what_was_said_last(app: Litestar, signs_in: Signs) -> None:
    url = await an_unclear_one(app)
    await wrote(ANNA.phone, "Vai kissan?", app.state.clock)
    desk = await signs_in()

    listed, page = await desk.get("/desk/inbox"), await desk.get(url)

    assert f'<a href="{url}#newest"' in listed.text
    [newest] = re.findall(r'<li id="newest".*?</li>', page.text, re.DOTALL)
    assert "Vai kissan?" in newest
    assert page.text.index('href="#conversation"') < page.text.index('id="threads"')


async def test_what_leads_on_from_it_comes_back_to_where_one_read(app: Litestar, signs_in: Signs) -> None:
    url = await an_unclear_one(app)
    desk = await signs_in()
    page = await desk.get(url)
    ways = set(re.findall(r'href="(/desk/(?:visits|patients)/[^"]+)"', page.text))
    [visit] = await fetch("SELECT public_id FROM booking")

    sent = await desk.get(f"/desk/visits/{visit[0]}/cancel?back={url}%23newest")
    form = form_of(sent, f"/desk/visits/{visit[0]}/cancel")

    assert ({way.rpartition("?")[2] for way in ways}, len(ways)) == ({f"back={url}%23newest"}, 3)
    assert went_to(await desk.post(f"/desk/visits/{visit[0]}/cancel", data=form)) == f"{url}?did={visit[0]}#newest"


async def test_beside_its_text_a_message_of_ours_says_no_time_of_its_own(app: Litestar, signs_in: Signs) -> None:
    """The text says the time that was; the visit has moved since. Control: without its text it says what it is about."""
    url = await an_unclear_one(app)
    desk = await signs_in()
    one = "WHERE id = (SELECT id FROM message ORDER BY id LIMIT 1)"
    await fetch("UPDATE booking SET starts_at = {}", datetime.fromisoformat("2026-12-08T11:40+02:00"))
    shown = []
    for kind, facts in (("desk_message", {"text": "Come at 9.20."}), ("reminder", {})):
        await fetch(
            f"UPDATE message SET channel = 'sms', recipient = {{}}, kind = {{}}, facts = {{}}, gist = 'other' {one}",
            *(ANNA.phone, kind, json.dumps(facts)),
        )
        shown.append(bubble_of(await desk.get(url)))

    assert shown == [("From the desk",), ("Tue 8 Dec at 11:40",)]


def bubble_of(page: Any) -> tuple[str, ...]:
    """What leads to the visit from what we wrote."""
    [ours] = re.findall(r'<li[^>]* class="ours.*?</li>', page.text, re.DOTALL)
    return tuple(re.findall(r'<a href="/desk/visits/[^"]+">([^<]+)</a>', ours))


async def test_quick_answers_are_in_the_patients_language_and_begin_the_box(app: Litestar, signs_in: Signs) -> None:
    url = await an_unclear_one(app)
    await fetch("UPDATE patient SET language = 'en'")
    desk = await signs_in()

    page = await desk.get(f"{url}?quick=2")

    assert "Your visit on Thu 3 Dec at 09:20 is as it was.</textarea>" in page.text
    await a_visit(await clinic_now(), app.state.clock, "2026-12-04T09:20+02:00")
    assert "We will look into it and write to you today.</textarea>" in (await desk.get(f"{url}?quick=2")).text


async def test_practitioners_with_a_diary_have_no_inbox(app: Litestar, signs_in: Signs) -> None:
    url = await an_unclear_one(app)
    clinic = await clinic_now()
    for desk in (
        await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row), await signs_in("read_only"),
    ):  # fmt: skip
        assert [(await desk.get(path)).status_code for path in ("/desk/inbox", url, "/desk/inbox/failed")] == [404] * 3
        assert (await desk.post(f"{url}/answer", data={"text": "x"})).status_code == 404
        assert "/desk/inbox" not in (await desk.get("/desk")).text
    assert await answers() == []


@pytest.mark.parametrize(
    ("wrote_too", "states"),
    [("", ["done", "open"]), ("Is there a lift?", ["open", "open"])],
    ids=["the score alone", "a question too"],
)
async def test_called_back_about_a_low_score_ends_its_conversation_and_undo_opens_it(
    app: Litestar, signs_in: Signs, partial: bool, wrote_too: str, states: list[str]
) -> None:
    """Unless something else waits in it."""
    [question] = await answered(app, [2], "I waited long.")
    [(phone,)] = await fetch("SELECT contact FROM feedback")
    if wrote_too:
        await wrote(phone, wrote_too, app.state.clock)
    await wrote(phone, "I waited long.", app.state.clock, why="score", outcome="commented")
    desk, seen = await signs_in(), []

    for address, to in (("", "called_back"), ("?to=new", "")):
        [(version,)] = await fetch("SELECT version FROM feedback")
        form = {"to": to, "version": str(version)}
        answer = await send(desk, f"/desk/feedback/{question}/state{address}", form, partial=partial)
        assert answer.status_code == (200 if partial else 303)
        seen.append((await queries.thread_of(phone)).state)

    assert seen == states


# --- what did not arrive


async def a_failed_one(app: Litestar) -> str:
    visit = await a_visit(await a_clinic(), app.state.clock, THURSDAY)
    await fetch(
        "UPDATE message SET state = 'failed', error = '550 no such user', finished_at = {} WHERE booking = {} "
        "AND kind = 'booking_confirmed'",
        *(app.state.clock.now(), visit.id),
    )
    return visit.public_id


async def states() -> list[str]:
    return [state for (state,) in await fetch("SELECT state FROM message WHERE kind = 'booking_confirmed'")]


async def test_what_did_not_arrive_is_tried_again_or_off_the_list_and_back(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    visit = await a_failed_one(app)
    desk = await signs_in()
    page = await desk.get("/desk/inbox/failed")
    said = words(page)
    done = re.search(r'action="(/desk/inbox/failed/[^"]+/done)"', page.text)
    again = re.search(r'action="(/desk/inbox/failed/[^"]+/again)"', page.text)
    assert done and again

    off = await desk.get(went_to(await send(desk, done[1], {}, partial=partial)))
    back = form_of(off, done[1].replace("/done", "/back"))
    on = await desk.get(went_to(await send(desk, done[1].replace("/done", "/back"), back, partial=partial)))
    sent = went_to(await send(desk, again[1], {}, partial=partial))
    twice = await send(desk, again[1], {}, partial=partial)

    for part in ("Anna Virtanen", "Confirmation, Thu 3 Dec at 09:20", "It was refused. 550"):
        assert part in said
    assert f"/desk/visits/{visit}/message?back=/desk/inbox/failed" in page.text
    assert ("Anna Virtanen" in words(off), "Anna Virtanen" in words(on)) == (False, True)
    assert (sent, await states(), twice.status_code) == ("/desk/inbox/failed?did=again", ["queued"], 409)
    assert "Everything about visits ahead has arrived" in words(await desk.get("/desk/inbox/failed"))


async def test_a_silent_gateway_is_said_in_one_line(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    before = words(await desk.get("/desk/inbox"))
    now = app.state.clock.real()
    await fetch(
        "INSERT INTO incident (name, detail, began_at) VALUES ('sms_unreported', '', {})", now - timedelta(hours=1)
    )

    line = "For hours no SMS has been reported as arrived"
    assert (line in before, line in words(await desk.get("/desk/inbox"))) == (False, True)


async def test_reading_a_conversation_is_a_look_at_its_people_and_is_written_down(
    app: Litestar, signs_in: Signs
) -> None:
    """Control: the list of conversations is none."""
    url = await an_unclear_one(app)
    desk = await signs_in()

    await desk.get("/desk/inbox")
    listed = await fetch("SELECT act FROM audit_entry")
    for _ in range(2):
        await desk.get(url)

    assert (listed, await fetch("SELECT act FROM audit_entry")) == ([], [("patient_seen",)])
