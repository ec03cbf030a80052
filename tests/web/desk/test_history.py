"""What happened, in sentences: to a visit, to a patient, and everywhere for those who answer for the clinic."""

import ast
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.db.booking.acts import ANNA, FRIDAY_0800, OMAR, THURSDAY_1000, a_wish, an_act
from tests.factories import TUESDAY, a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.audit.queries import PAGE, Line
from turnet.audit.service import note
from turnet.booking import service as acts
from turnet.booking.model import Act, Person, Visit, Wish
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.paths import PACKAGE
from turnet.scheduling.spans import Span
from turnet.staff import service as accounts
from turnet.staff.queries import staff_by_id
from turnet.web.desk.told.account_words import of_accounts
from turnet.web.desk.told.history_words import Telling, plain


def sentences(text: str) -> list[str]:
    """What a page tells, the newest first, without the links behind each."""
    found = re.findall(r"<li><time[^>]*>[^<]*</time><p>(.*?)(?:<a |</p>)", text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", said).split()) for said in found]


async def told(desk: Client, url: str) -> list[str]:
    answer = await desk.get(url)
    assert answer.status_code == 200
    return sentences(answer.text)


async def booked(app: Litestar, clinic: Clinic, person: Person = ANNA, by: str = "sanna") -> Visit:
    made = await acts.book(an_act(app.state.clock), clinic, a_wish(clinic, by=by), person, once=f"once-{by}")
    return made.visit


async def as_staff(app: Litestar, id: int = 1) -> Act:
    """The act of the account that signed in `id`th."""
    who = await staff_by_id(id)
    assert who is not None
    return an_act(app.state.clock, actor=who.actor, staff=who, door="phone")


def tomorrow(act: Act) -> Act:
    return replace(act, now=act.now + timedelta(days=1), real=act.real + timedelta(days=1))


async def public_id_of(visit: Visit) -> str:
    [(found,)] = await fetch("SELECT public_id FROM patient WHERE id = {}", visit.patient)
    return str(found)


# --- a visit

_TO_PEKKA = (
    "Rea Reception moved it from Thu 3 Dec at 10:00 with Sanna Koivisto to Fri 4 Dec at 08:00 with Pekka Laine. "
    "The patient was not told."
)


async def test_the_story_of_a_visit(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception", name="Rea Reception")
    visit, rea = await booked(app, clinic), await as_staff(app)
    pekkas = a_wish(clinic, FRIDAY_0800, by="pekka")
    await acts.move(rea, clinic, visit.id, a_wish(clinic, THURSDAY_1000, by="sanna"))
    await acts.move(rea, clinic, visit.id, pekkas, tell=False)
    await acts.mark(rea, clinic, visit.id, State.CONFIRMED)
    await acts.write_desk_note(rea, clinic, visit.id, "Brings her mother")
    await acts.cancel(rea, clinic, visit.id, by="clinic")
    await acts.undo_last(rea, clinic, visit.id)
    await acts.cancel(an_act(app.state.clock), clinic, visit.id)

    assert (await told(desk, f"/desk/visits/{visit.public_id}/history"))[::-1] == [
        "Anna Virtanen booked it for Thu 3 Dec at 09:20 with Sanna Koivisto.",
        "Rea Reception moved it from Thu 3 Dec at 09:20 to Thu 3 Dec at 10:00.",
        _TO_PEKKA,
        "Rea Reception wrote down that they will come.",
        "Rea Reception wrote a note for the desk.",
        "Rea Reception cancelled it for the clinic.",
        "Rea Reception took the cancellation back.",
        "Anna Virtanen cancelled it.",
    ]


async def test_each_taking_back_is_told(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception", name="Rea")
    visit, rea = await booked(app, clinic), await as_staff(app)
    await acts.move(rea, clinic, visit.id, a_wish(clinic, THURSDAY_1000, by="sanna"))
    await acts.undo_last(rea, clinic, visit.id)
    await acts.mark(rea, clinic, visit.id, State.CONFIRMED)
    await acts.undo_last(rea, clinic, visit.id)

    newest = await told(desk, f"/desk/visits/{visit.public_id}/history")

    assert (newest[0], newest[2]) == (
        "Rea took the last word on its state back.",
        "Rea took the move back: it is on Thu 3 Dec at 09:20 again.",
    )


async def test_an_overbooking_says_why(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception", name="Rea")
    await booked(app, clinic)
    service, sanna = clinic.services["check-up"], clinic.practitioners["sanna"]
    wish = Wish(
        service.id, at("2026-12-03T09:20+02:00"), clinic.locations["keskusta"].id, sanna.id,
        room=clinic.rooms["room-1"].id, over=True,
    )  # fmt: skip
    made = await acts.book(await as_staff(app), clinic, wish, OMAR, once="two", reason="Swollen <b>cheek</b>")

    [said] = await told(desk, f"/desk/visits/{made.visit.public_id}/history")

    assert said.endswith("On purpose beside another visit: Swollen &lt;b&gt;cheek&lt;/b&gt;")


async def test_of_a_visit_in_another_diary_nothing_is_told(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    sannas, pekkas = await booked(app, clinic), await booked(app, clinic, OMAR, "pekka")

    assert (await desk.get(f"/desk/visits/{sannas.public_id}/history")).status_code == 404
    assert len(await told(desk, f"/desk/visits/{pekkas.public_id}/history")) == 1


async def test_times_are_told_in_the_language_of_the_reader(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception", language="he")
    visit = await booked(app, clinic)

    text = (await desk.get(f"/desk/visits/{visit.public_id}/history")).text

    assert '<html lang="he" dir="rtl">' in text
    assert "<bdi>Anna Virtanen</bdi>" in text


# --- a patient


async def test_who_looked_at_a_card_is_told(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    rea, owner = await signs_in("reception", name="Rea"), await signs_in("owner", name="Oona")
    visit = await booked(app, clinic)
    url = f"/desk/patients/{await public_id_of(visit)}/history"

    await rea.get(url)
    app.state.clock.advance(minutes=11)
    await owner.get(url)
    app.state.clock.advance(minutes=1)

    assert await told(rea, url) == [
        "Rea looked at the card.",
        "Oona looked at the card.",
        "Rea looked at the card.",
        "Anna Virtanen booked it for Thu 3 Dec at 09:20 with Sanna Koivisto.",
    ]


async def test_a_practitioner_reads_of_their_own_visits_only(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", name="Pekka", practitioner=clinic.practitioners["pekka"].row)
    sannas = await booked(app, clinic)
    omar = await booked(app, clinic, OMAR, "pekka")
    await fetch("UPDATE booking SET patient = {} WHERE id = {}", omar.patient, sannas.id)

    assert await told(desk, f"/desk/patients/{await public_id_of(omar)}/history") == [
        "Pekka looked at the card.",
        "Omar Said booked it for Thu 3 Dec at 09:20 with Pekka Laine.",
    ]


async def test_of_somebody_who_never_came_to_them_nothing(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    url = f"/desk/patients/{await public_id_of(await booked(app, clinic))}/history"

    assert (await desk.get(url)).status_code == 404
    assert await fetch("SELECT act FROM audit_entry") == []


async def test_somebody_who_turned_out_to_be_somebody_else_leads_to_them(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    anna, omar = await booked(app, clinic), await booked(app, clinic, OMAR, "pekka")
    kept, gone = await public_id_of(anna), await public_id_of(omar)
    await fetch("UPDATE patient SET merged_into = {} WHERE id = {}", anna.patient, omar.patient)

    answer = await desk.get(f"/desk/patients/{gone}/history")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/patients/{kept}/history")


# --- everything


async def test_the_whole_audit_names_visits_and_patients(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    owner = await signs_in("owner", name="Oona")
    visit = await booked(app, clinic)
    patient = await public_id_of(visit)
    app.state.clock.advance(minutes=1)
    await acts.run_late(await as_staff(app), clinic, clinic.practitioners["sanna"].id, 20)
    app.state.clock.advance(minutes=1)
    span = Span(at("2026-12-04T09:00+02:00"), at("2026-12-04T10:00+02:00"))
    await acts.block(await as_staff(app), clinic, clinic.rooms["room-1"].id, span, "Paint")

    text = (await owner.get("/admin/audit")).text

    assert sentences(text) == [
        "Oona blocked 1 from Fri 4 Dec at 09:00 to Fri 4 Dec at 10:00.",
        "Oona said that Sanna Koivisto runs 20 minutes late.",
        "Anna Virtanen booked it for Thu 3 Dec at 09:20 with Sanna Koivisto.",
    ]
    assert f'<a class="link" href="/desk/visits/{visit.public_id}">Thu 3 Dec at 09:20</a>' in text
    assert f'<a class="link" href="/desk/patients/{patient}"><bdi>Anna Virtanen</bdi></a>' in text


async def test_by_account_day_and_patient(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    owner, _ = await signs_in("owner", name="Oona"), await signs_in("reception", name="Rea")
    visit = await booked(app, clinic)
    rea, oona = [tomorrow(await as_staff(app, id)) for id in (2, 1)]
    await acts.cancel(rea, clinic, visit.id)
    await acts.run_late(oona, clinic, clinic.practitioners["pekka"].id, 10)
    patient = await public_id_of(visit)
    cancelled = "Rea cancelled it for the patient. It came late."
    late = "Oona said that Pekka Laine runs 10 minutes late."
    booking = "Anna Virtanen booked it for Thu 3 Dec at 09:20 with Sanna Koivisto."

    assert await told(owner, "/admin/audit?who=reception_____________") == [cancelled]
    assert sorted(await told(owner, "/admin/audit?day=2026-12-02")) == [late, cancelled]
    assert await told(owner, "/admin/audit?day=2026-12-01") == [booking]
    assert await told(owner, f"/admin/audit?patient={patient}") == [cancelled, "Oona looked at the card.", booking]
    assert await told(owner, f"/admin/audit?patient={patient}&day=2026-12-03") == []


async def test_a_day_begins_at_the_clinics_midnight(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    midnight = app.state.clock.real().replace(hour=22, minute=0)
    for moment in (midnight - timedelta(minutes=1), midnight):
        await note("system", "login", real=moment)

    assert len(await told(owner, "/admin/audit?day=2026-12-01")) == 1
    assert len(await told(owner, "/admin/audit?day=2026-12-02")) == 1


async def test_what_was_before_is_one_link_away(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner", name="Oona")
    for n in range(PAGE + 5):
        await note("staff:1", "logout" if n < 5 else "login", real=app.state.clock.real(), staff=1)

    first = (await owner.get("/admin/audit?who=owner_________________")).text
    [older] = re.findall(r'<a class="btn quiet" href="([^"]+)">Earlier</a>', first)
    second = await told(owner, older.replace("&amp;", "&"))

    assert sentences(first) == ["Oona logged in."] * PAGE
    assert second == ["Oona logged out."] * 5


@pytest.mark.parametrize("role", ["reception", "practitioner", "read_only"])
async def test_others_do_not_read_the_audit(signs_in: Signs, role: str) -> None:
    await a_clinic()
    desk = await signs_in(role)

    assert (await desk.get("/admin/audit")).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["who=nobody", "day=2026-13-01", "day=x", "patient=nobody", "below=1", "below=-1-2", "below=a-b", "below=1-2-3",
     "below=99999999999-1", "below=١-٢", "day=2026-12-01&day=2026-12-02"],
)  # fmt: skip
async def test_what_nobody_wrote_is_not_found(signs_in: Signs, query: str) -> None:
    await a_clinic()
    owner = await signs_in("owner")

    assert (await owner.get(f"/admin/audit?{query}")).status_code == 404


async def test_a_fragment_is_the_list_alone(signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")

    text = (await owner.get("/admin/audit", partial=True)).text

    assert '<div id="history">' in text
    assert "<html" not in text


# --- every act that is written has words


def written() -> set[str]:
    """Acts that the program writes, as far as they stand in the code by name, and those that accounts announce."""
    found = {
        act.value
        for file in (path for path in PACKAGE.rglob("*.py") if "/migrations/" not in str(path))
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in ("note", "record", "_note", "wrong")
        for act in call.args
        if isinstance(act, ast.Constant) and isinstance(act.value, str) and re.fullmatch(r"[a-z_]{3,}", act.value)
    }
    listed = (accounts.__doc__ or "").partition("):\n")[2]
    return (found | set(re.findall(r"\b([a-z_]{3,})\b(?! *[,}])", re.sub(r"\{.*?\}", "", listed)))) - {
        "visitor",
        "system",
    }


def test_every_act_that_is_written_has_words() -> None:
    assert {"booked", "login", "blocked", "patient_edited", "role_changed"} <= written()
    known = {*plain(), *Telling(None).whole}  # type: ignore[arg-type]  # nobody reads them here

    assert sorted(act for act in written() if act not in known and not of_accounts(_line(act))) == []


def test_control_an_act_without_words_is_noticed() -> None:
    assert of_accounts(_line("never_heard_of")) == ""


def _line(act: str) -> Line:
    return Line(
        id=1, of_visit=False, at=TUESDAY, actor="system", by="", act=act, before={}, after={}, patient="",
        patient_name="", visit=None, account="",
    )  # fmt: skip
