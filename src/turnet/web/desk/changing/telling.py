"""The message that an act would send, shown before anybody decides: to which address, in whose words, or not at all."""

from dataclasses import dataclass
from datetime import datetime

from turnet.booking.model import Visit
from turnet.i18n import LANGUAGES
from turnet.messaging.manner import Manner
from turnet.messaging.matter import says_who
from turnet.messaging.preview import Preview, preview
from turnet.web.desk.picked import Picked
from turnet.web.kit.htmx import AnyRequest
from turnet.web.public.words import language_name


@dataclass(frozen=True, slots=True)
class Telling:
    channel: str
    """`email` or `sms`; empty: the person gave nothing to reach them by."""
    address: str
    language: str
    message: Preview | None
    """None for a visit that is over, of which nobody is told."""
    on: bool
    """Is it to be sent?"""

    @property
    def direction(self) -> str:
        return LANGUAGES[self.language].direction

    @property
    def spoken(self) -> str:
        """The message's language, in the language of the page."""
        return language_name(self.language)


async def telling(
    request: AnyRequest, mine: Picked, kind: str, then: Visit, *, on: bool = True, was: datetime | None = None
) -> Telling:
    """`then` is the visit as the message would speak of it, `was` the start that was told before."""
    clinic, visit = mine.seat.clinic, mine.visit
    language = visit.language if visit.language in LANGUAGES else clinic.default_language
    message = None
    if mine.channel and visit.starts_at > mine.seat.now:
        message = preview(
            kind, [then], clinic, request.app.state.settings, channel=mine.channel, language=language,
            now=mine.seat.now, was=was, manner=Manner(named=await says_who(mine.channel, mine.address, visit.patient_name)),
        )  # fmt: skip
    return Telling(mine.channel, mine.address, language, message, on)
