"""What every public handler begins with: the clinic, the language of the address, the moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from turnet.booking import queries
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as the_clinic
from turnet.clock import instant, minute
from turnet.errors import NotFound, Unavailable
from turnet.i18n import speaking
from turnet.scheduling.hours import day_span
from turnet.scheduling.rules import Slot
from turnet.scheduling.slots import next_change, window
from turnet.scheduling.spans import Span
from turnet.web.kit.cache import keep
from turnet.web.kit.errors import language_of, remember
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame
from turnet.web.public.free import open_until, today


class Speaking(ASGIMiddleware):
    """A page speaks the language its address begins with, from routing to rendering."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        with speaking(language_of(scope)):
            await next_app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Here:
    clinic: Clinic
    language: str
    now: datetime
    """Business time, UTC."""
    origin: str

    @property
    def today(self) -> date:
        return today(self.clinic, self.now)

    def frame(self, canonical: str, *, index: bool = True) -> Frame:
        """`canonical` begins with the language: the same page in the others differs in nothing else."""
        rest = canonical.removeprefix(f"/{self.language}")
        languages = tuple((code, f"/{code}{rest}") for code in self.clinic.languages)
        return Frame(self.clinic, self.language, self.origin, canonical, languages, index)


async def here(request: AnyRequest, lang: str) -> Here:
    """Raises `Unavailable` before there is a clinic, `NotFound` for a language that it does not have."""
    clinic = await any_clinic(request)
    if lang not in clinic.languages:
        raise NotFound(language=lang)
    return Here(clinic, lang, request.app.state.clock.now(), request.app.state.settings.origin)


async def any_clinic(request: AnyRequest) -> Clinic:
    clinic = await the_clinic()
    if clinic is None:
        raise Unavailable(what="there is no clinic yet")
    remember(request, clinic)
    return clinic


async def keep_times(request: AnyRequest, at: Here, shown: Mapping[int, Sequence[Slot]]) -> None:
    """Lets everybody have this page until a time comes or goes by itself; what somebody writes ends it anyway.

    `shown` is by service id.
    """
    now, days = minute(at.now), at.today
    until = day_span(at.clinic.setup.zone, days).end
    spans = []
    for id, slots in shown.items():
        last = open_until(at.clinic, at.clinic.service(id), at.now)
        until = min(until, next_change(at.clinic.setup, id, days, last, now=now, slots=slots))
        spans.append(window(at.clinic.setup, id, days, last))
    if spans:
        expiry = await queries.next_claim_expiry(Span(spans[0].start, max(span.end for span in spans)), at.now)
        until = min(until, minute(expiry)) if expiry else until
    keep(request, instant(until))
