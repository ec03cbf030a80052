"""What an answer makes of the visits asked about, and what is said back."""

import pytest

from tests.db.booking.acts import an_act, staff
from tests.db.conversation.talk import OTHER_PHONE, Talk
from turnet.booking import service
from turnet.conversation.meaning import Asked

THURSDAY = "2026-12-03T09:20+02:00"
LATER = "2026-12-03T10:00+02:00"
READ_LATER = "Thank you, the desk will read this. Urgent: 030 000116"
CALL = "The desk reads this and gets back to you. Or call 030 000140."


async def test_coming(talk: Talk) -> None:
    await talk.book("Dana Levi", THURSDAY)
    await talk.ask(Asked.CONFIRM, "Dana")

    assert await talk.them("1") == "confirmed"

    assert (await talk.state("Dana"), await talk.desk()) == ("confirmed", "")
    assert await talk.us() == ["Thank you, see you Thu 3 Dec 09:20."]
