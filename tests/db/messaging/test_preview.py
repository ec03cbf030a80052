"""What staff read before they send is what the patient gets, but for the link."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.db.messaging.acts import a_booking, book
from tests.factories import a_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.messaging.deliver import deliverer, drain
from turnet.messaging.preview import preview
from turnet.settings import Settings

LINK = re.compile(r"/a/[A-Za-z0-9_-]{22}")


@pytest.mark.parametrize("language", ["en", "fi", "he"])
async def test_a_mail_reads_as_it_was_shown(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path, language: str
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock, language=language)

    shown = preview("booking_confirmed", [visit], clinic, public, channel="email", language=language, now=clock.now())
    await drain(deliverer(public, clock))

    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in mailbox.glob("*.eml")]
    [mail] = [mail for mail in mails if mail["To"] == "dana@example.com"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert (shown.subject, shown.parts) == (str(mail["Subject"]), 0)
    assert LINK.sub("/a/…", body.get_content().replace("\r\n", "\n").strip()) == shown.text
    assert LINK.search(shown.text) is None


async def test_an_sms_says_how_many_it_takes(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = replace(await a_booking(clinic, clock, email=""), location=clinic.locations["keskusta"].id)

    latin = preview("booking_confirmed", [visit], clinic, public, channel="sms", language="en", now=clock.now())
    hebrew = preview("booking_confirmed", [visit], clinic, public, channel="sms", language="he", now=clock.now())

    assert (latin.subject, latin.parts) == ("", 1)
    assert hebrew.parts == 2
    assert latin.text.endswith("/a/…")


async def test_a_move_says_what_it_was(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await a_booking(clinic, clock)

    shown = preview(
        "booking_moved", [replace(visit, starts_at=visit.starts_at.replace(day=10))], clinic, public, channel="email",
        language="en", now=clock.now(), was=visit.starts_at,
    )  # fmt: skip

    assert "Thursday 10 December" in shown.text
    assert "Thursday 3 December" in shown.text
