"""What rounds say: asking or with a link, for one person or a family, and nothing that a carrier or the law forbids."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tests.unit.messaging.people import LOCATION, NOW, SERVICE, SETTINGS, a_clinic, a_visit, composer, the_row
from tests.unit.messaging.test_several import BOTH, DANA, EERO, link
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.conversation.meaning import Asked
from turnet.demo.clinics import EREZ, TUOMI, MadeUp
from turnet.i18n import LANGUAGES
from turnet.messaging.compose import Composer
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.sms_text import parts

ASKS = Manner(Asked.CONFIRM, answerable=True)
HERE = Manner(Asked.CHECKIN, answerable=True)
SCORE = Manner(Asked.SCORE, answerable=True, survey="q" * 22)
INKA = replace(EERO, id=9, public_id="9" * 22, patient_name="Inka Levi")
WRITTEN = a_clinic(service=replace(SERVICE, aftercare={"en": "Rinse with salt water."}))
ISRAEL = a_clinic(region="IL")
OFFER = Manner(offer={"en": "Whiter in an hour.", "he": "הלבנה בשעה."})
NEVER = re.compile(r"\b(cancel|stop|end|quit)\b|ביטול", re.IGNORECASE)


def sms(
    kind: str,
    visits: Sequence[Visit] = (DANA,),
    manner: Manner = PLAIN,
    *,
    language: str = "en",
    clinic: Clinic | None = None,
    now: datetime = NOW,
    site: str = SETTINGS.base_url,
) -> str:
    row = the_row(kind, visits[0], channel="sms", language=language)
    writer = Composer(replace(SETTINGS, base_url=site), composer().key)
    return writer.parcel(row, visits, clinic or a_clinic(), now=now, manner=manner).content.decode()


def mail(
    kind: str, visits: Sequence[Visit] = (DANA,), manner: Manner = PLAIN, *, clinic: Clinic = WRITTEN
) -> tuple[str, str, str]:
    """(subject, text, HTML)."""
    raw = composer().parcel(the_row(kind, visits[0]), visits, clinic, now=NOW, manner=manner).content
    message = message_from_bytes(raw, policy=policy.default)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))  # type: ignore[attr-defined]
    return str(message["Subject"]), plain.get_content(), html.get_content()


@pytest.mark.parametrize(
    ("visits", "said"),
    [
        ((DANA,), "a reminder, your time is Thu 3 Dec 09:20. Answer 1 = coming, 2 = cannot."),
        (BOTH, "Thu 3 Dec Dana 09:20, Eero 10:00. Answer 1 = both come, 2 = change."),
        ((DANA, EERO, INKA), "Thu 3 Dec Dana 09:20, Eero 10:00, Inka 10:00. Answer 1 = all come, 2 = change."),
        ((DANA, replace(EERO, patient_name="Dana Levi")), "Thu 3 Dec 09:20, 10:00. Answer 1 = coming, 2 = change."),
    ],
    ids=["one", "two", "three", "the same person"],
)
def test_a_reminder_that_asks(visits: tuple[Visit, ...], said: str) -> None:
    assert sms("reminder", visits, ASKS) == f"Tuomi Dental: {said}"


FOLDED = Manner(folded=True)
LATE = datetime(2026, 12, 2, 8, 42, tzinfo=UTC)
"""Less than a day before: nothing can be changed by the link."""
REMINDED = "a reminder, your time is Thu 3 Dec 09:20."


@pytest.mark.parametrize(
    ("visits", "manner", "now", "said"),
    [
        ((DANA,), replace(ASKS, folded=True), NOW, f"{REMINDED} Answer 1 = coming, 2 = cannot. When you are here, answer 1."),
        ((DANA,), ASKS, NOW, f"{REMINDED} Answer 1 = coming, 2 = cannot."),
        ((DANA,), FOLDED, NOW, f"{REMINDED} Move, cancel or check in: {link(DANA)}"),
        ((DANA,), PLAIN, NOW, f"{REMINDED} Move or cancel: {link(DANA)}"),
        ((DANA,), FOLDED, LATE, f"your time is Thu 3 Dec 09:20. Cannot come? Call 0300 00140. Here? Check in: {link(DANA)}"),
        (BOTH, FOLDED, NOW, f"Thu 3 Dec Dana 09:20 {link(DANA)}, Eero 10:00 {link(EERO)} When you are here, check in there."),
    ],
)  # fmt: skip
def test_a_check_in_that_cannot_come_is_said_by_the_reminder(
    visits: tuple[Visit, ...], manner: Manner, now: datetime, said: str
) -> None:
    assert sms("reminder", visits, manner, now=now) == f"Tuomi Dental: {said}"
    assert ("check in on the page of the visit" in mail("reminder", (DANA,), manner)[1]) == manner.folded


def test_a_check_in_that_cannot_come_where_nobody_can_be_called() -> None:
    nobody = a_clinic(phone="", location=replace(LOCATION, phone=""))

    assert sms("reminder", (DANA,), FOLDED, clinic=nobody, now=LATE) == (
        f"Tuomi Dental: {REMINDED} When you are here, check in: {link(DANA)}"
    )


@pytest.mark.parametrize(
    ("made_up", "language", "site", "most"),
    [
        (TUOMI, "fi", "https://ajat.hammashoitolatuomi.fi", 1),
        (TUOMI, "en", "https://ajat.hammashoitolatuomi.fi", 1),
        (EREZ, "en", "https://tor.erez-dental.co.il", 1),
        (EREZ, "he", "https://tor.erez-dental.co.il", 2),
    ],
)
@pytest.mark.parametrize("now", [NOW, LATE], ids=["may change", "must call"])
def test_a_reminder_of_the_longest_name_and_address_takes_few_parts(
    now: datetime, made_up: MadeUp, language: str, site: str, most: int
) -> None:
    """With a link, a telephone and the check-in that cannot come."""
    clinic = a_clinic(name=made_up.name, region=made_up.region, location=replace(LOCATION, phone=made_up.phone))
    said = sms("reminder", (a_visit(language=language),), FOLDED, language=language, clinic=clinic, now=now, site=site)

    assert parts(said) <= most, (len(said), said)


@pytest.mark.parametrize(
    ("made_up", "language", "site", "name"),
    [
        (TUOMI, "fi", "https://ajat.hammashoitolatuomi.fi", "Maximilianus-Johannes"),
        (TUOMI, "en", "https://ajat.hammashoitolatuomi.fi", "Maximilianus-Johannes"),
        (EREZ, "he", "https://tor.erez-dental.co.il", "יונתן"),
    ],
)
@pytest.mark.parametrize("kind", ["booking_confirmed", "booking_moved", "checkin"])
def test_to_a_telephone_of_several_people_it_says_who(
    kind: str, made_up: MadeUp, language: str, site: str, name: str
) -> None:
    place = replace(LOCATION, address={"en": "Hämeenkatu 14 B", "he": "אבן גבירול 14"})
    clinic = a_clinic(name=made_up.name, region=made_up.region, location=place)
    visit = a_visit(patient_name=f"{name} Levi", language=language)
    manner = HERE if kind == "checkin" else PLAIN

    said = sms(kind, (visit,), replace(manner, named=True), language=language, clinic=clinic, site=site)

    assert said.startswith(f"{made_up.name[language]}, {name[:10]}: ")
    assert name[:10] not in sms(kind, (visit,), manner, language=language, clinic=clinic, site=site)
    assert parts(said) <= (2 if language == "he" else 1), (len(said), said)


@pytest.mark.parametrize(
    ("visits", "manner", "said"),
    [
        ((DANA,), HERE, "when you are here, answer 1 and you are checked in. Your time is 09:20."),
        (BOTH, HERE, "when you are here, answer 1 and you are checked in: Dana 09:20, Eero 10:00."),
        ((DANA,), PLAIN, f"when you are here, check in: {link(DANA)}"),
        (BOTH, PLAIN, f"when you are here, check in: Dana 09:20 {link(DANA)}, Eero 10:00 {link(EERO)}"),
    ],
)
def test_a_check_in(visits: tuple[Visit, ...], manner: Manner, said: str) -> None:
    assert sms("checkin", visits, manner) == f"Tuomi Dental: {said}"


def test_a_question_afterwards_asks_or_links() -> None:
    asks, links = sms("feedback", (DANA,), SCORE), sms("feedback", (DANA,), replace(SCORE, asks=None))

    assert asks == "Tuomi Dental: how likely are you to recommend us? Answer 0-10 (10 = very)."
    assert re.fullmatch(
        r"Tuomi Dental: how likely are you to recommend us\? Tell us here: https://times\.tuomi\.example/f/\S{22}",
        links,
    )
    assert links.rpartition(" ")[2] in mail("feedback", (DANA,), SCORE)[2]


@pytest.mark.parametrize("kind", ["visit_instructions", "aftercare"])
def test_what_is_written_for_a_service_stands_in_the_mail_and_not_in_an_sms_or_a_subject(kind: str) -> None:
    words = {"visit_instructions": "Bring a list of your medicines.", "aftercare": "Rinse with salt water."}[kind]
    subject, text, html = mail(kind)

    assert (words in text, words in html) == (True, True)
    assert (words in subject, words in sms(kind, clinic=WRITTEN)) == (False, False)
    assert link(DANA) in sms(kind, clinic=WRITTEN)


@pytest.mark.parametrize(
    ("clinic", "manner", "begins", "ends"),
    [
        (ISRAEL, replace(OFFER, answerable=True), "פרסומת Tuomi Dental: Whiter in an hour. ", "להסרה השיבו הסר"),
        (ISRAEL, OFFER, "פרסומת Tuomi Dental: Whiter in an hour. No more offers: https://", ""),
        (a_clinic(), replace(OFFER, answerable=True), "Tuomi Dental: Whiter in an hour. No more offers: https://", ""),
    ],
)
def test_an_offer_says_what_the_law_wants_and_how_to_refuse_the_next(
    clinic: Clinic, manner: Manner, begins: str, ends: str
) -> None:
    said = sms("service_offer", (DANA,), manner, clinic=clinic)

    assert said.startswith(begins)
    assert said.endswith(ends) if ends else re.search(r"/u/\S+$", said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "manner"),
    [("reminder", ASKS), ("reminder", replace(ASKS, folded=True)), ("checkin", HERE), ("feedback", SCORE)],
    ids=["reminder", "folded", "checkin", "feedback"],
)
def test_what_asks_fits_one_part_and_names_nothing_that_makes_a_carrier_block(
    kind: str, manner: Manner, language: str
) -> None:
    said = sms(kind, (a_visit(language=language),), manner, language=language)

    assert parts(said) <= (2 if language == "he" else 1), said
    assert NEVER.search(said) is None
