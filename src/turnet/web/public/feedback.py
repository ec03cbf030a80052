"""`/f/{token}`: how likely somebody is to recommend the clinic, in one tap, and then why, in their own words.

Looking changes nothing. For three days the answer may be changed; afterwards the page only thanks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from turnet.booking.links import missed
from turnet.clinic.model import Clinic
from turnet.errors import NotAllowed, NotFound
from turnet.feedback.model import LONGEST, PROMOTER, Question
from turnet.feedback.queries import question_behind
from turnet.feedback.service import commented, scored
from turnet.i18n import _, speaking
from turnet.web.kit import acting, forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import VARY, AnyRequest, done
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked
from turnet.web.public.here import any_clinic

SCORES = tuple(range(11))


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    frame: Frame
    url: str
    question: Question
    form: Form
    scale: bool
    """The numbers are asked for."""
    why: str
    """The open question; empty: it is not asked, or was answered."""
    open: bool
    longest: int = LONGEST
    scores: tuple[int, ...] = SCORES


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with whoever was asked."""

    clinic: Clinic
    question: Question
    token: str
    language: str

    def url(self, **more: str) -> str:
        query = ({"lang": self.language} if self.language != self.question.language else {}) | more
        return f"/f/{self.token}" + (
            f"?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else ""
        )


@get("/f/{token:str}", include_in_schema=False)
async def look(request: AnyRequest, token: FromPath[str]) -> Page:
    """Raises NotFound, and TooMany after many of those."""
    one = await _asked(request, token)
    with _in(one):
        return _page(request, one, Form(), again="again" in asked.once(request))


@post("/f/{token:str}", include_in_schema=False, status_code=200)
async def answer(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """`score` (one of 0 to 10) or `words`. Raises NotFound, and TooMany after many of those."""
    one = await _asked(request, token)
    form = await forms.read(request, ("score", "words"))
    act = acting.act(request, actor="patient", door="web")
    with _in(one):
        try:
            if "words" in form.raw and one.question.score is not None:
                return await _words(request, one, form)
            score = form.raw.get("score", "")
            if score not in map(str, SCORES):
                wrong = form.with_errors({"score": _("Choose a number from 0 to 10.")})
                return _page(request, one, wrong, again=True, status=422)
            await scored(act, one.clinic, one.question.booking, int(score), by="link")
        except NotAllowed:
            return done(request, one.url())
        return done(request, one.url())


async def _words(request: AnyRequest, one: Asked, form: Form) -> Response[Any]:
    words = form.raw["words"]
    if len(words) > LONGEST:
        wrong = form.with_errors({"words": _("That is too long for us to keep. Shorten it a little.")})
        return _page(request, one, wrong, again=False, status=422)
    if not one.question.open(request.app.state.clock.now()):
        return done(request, one.url())
    await commented(
        acting.act(request, actor="patient", door="web"), one.clinic, one.question.booking, words, by="link"
    )
    return done(request, one.url(thanks="1"))


async def _asked(request: AnyRequest, token: str) -> Asked:
    clinic = await any_clinic(request)
    try:
        question = await question_behind(token)
    except NotFound:
        await missed(acting.act(request, actor="patient", door="web"))
        raise
    wished = asked.once(request).get("lang", "")
    return Asked(clinic, question, token, wished if wished in clinic.languages else question.language)


@contextmanager
def _in(one: Asked) -> Iterator[None]:
    with speaking(one.language):
        yield


def _page(request: AnyRequest, one: Asked, form: Form, *, again: bool, status: int = 200) -> Page:
    question, state = one.question, request.app.state
    may = question.open(state.clock.now())
    scale = may and (again or question.score is None)
    told = "thanks" in asked.once(request) or bool(question.comment)
    pairs = tuple((code, f"/f/{one.token}?lang={code}") for code in one.clinic.languages)
    page = FeedbackPage(
        frame=Frame(one.clinic, one.language, state.settings.origin, "", pairs, index=False),
        url=one.url(),
        question=question,
        form=form,
        scale=scale,
        why="" if scale or not may or told else why(question.score),
        open=may,
    )
    return Page("public/feedback.html", page, block="feedback", status=status, headers={"Vary": VARY})


def why(score: int | None) -> str:
    """Fits the score, and asks how we met them, never about the treatment."""
    if score is None:
        return ""
    return _("What did we do well when we met you?") if score >= PROMOTER else _("What should have been different?")
