"""Everything that goes wrong as a page that says what happened and what comes next. `handlers` is for `app.py`.

Whole for a browser, the same words without their surroundings for a fragment: htmx swaps 4xx in, and nothing of what
was sent stands in them. The clinic is the one that the last page knew, so that an error needs no database.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException

from turnet import i18n
from turnet.clinic.model import Clinic
from turnet.db.guards import unspeakable, unwritable
from turnet.errors import TurnetError
from turnet.i18n import _
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page

log = logging.getLogger("turnet.web")

_GONE = "client disconnected prematurely"
"""Litestar's words for whoever hangs up before all is sent: anybody can, at every address, and nothing failed here."""


class MovedTo(HTTPException):
    """301 to the usual spelling of the same address."""

    status_code = 301

    def __init__(self, url: str) -> None:
        super().__init__(detail="moved")
        self.url = url


@dataclass(frozen=True, slots=True)
class ErrorPage:
    frame: Frame
    status: int
    heading: str
    text: str
    call: bool
    """Does a call to the clinic help?"""


def remember(request: AnyRequest, clinic: Clinic) -> None:
    """The clinic that error pages speak for."""
    request.app.state.clinic = clinic


def language_of(scope: Any) -> str:
    """What the address begins with, else what the visitor prefers of all we speak."""
    first = scope["path"].strip("/").partition("/")[0]
    if first in i18n.LANGUAGES:
        return str(first)
    accepted = next((text for name, text in scope["headers"] if name == b"accept-language"), b"")
    return i18n.best(accepted.decode("latin-1"), tuple(i18n.LANGUAGES))


def page_for(request: AnyRequest, error: Exception) -> Response[Any]:
    if isinstance(error, MovedTo):
        return Response(b"", media_type="text/plain", status_code=301, headers={"Location": error.url})
    status = _status(error)
    if status >= 500:
        log.error("%s %s failed", request.method, request.scope.get("path_template", ""), exc_info=error)
    clinic = request.app.state.get("clinic")
    language = language_of(request.scope)
    if clinic and language not in clinic.languages:
        language = clinic.default_language
    with i18n.speaking(language):
        heading, text, call = _words(status, getattr(error, "code", ""))
        frame = Frame(clinic, language, index=False)
        headers = {"Cache-Control": "no-store", **_allow(error, status)}
        page = ErrorPage(frame, status, heading, text, call)
        return Page("errors/error.html", page, block="said", status=status, headers=headers)


def _status(error: Exception) -> int:
    if isinstance(error, TurnetError):
        return error.status
    if isinstance(error, InternalServerException) and error.detail == _GONE:
        return 400
    if isinstance(error, HTTPException):
        return error.status_code
    if unspeakable(error):
        return 400
    return 503 if unwritable(error) else 500


def _allow(error: Exception, status: int) -> dict[str, str]:
    sent = getattr(error, "headers", None) or {}
    kept = {name: text for name, text in sent.items() if name.lower() in ("allow", "retry-after")}
    return kept or ({"Retry-After": "60"} if status in (429, 503) else {})


def _words(status: int, code: str) -> tuple[str, str, bool]:
    """Heading, what comes next, and whether to offer the telephone."""
    by_code: Mapping[str, tuple[str, str]] = {
        "too_late": (_("It is too late to change this here"), _("Call us and we look at it together.")),
        "stale": (_("This has changed meanwhile"), _("Open the page again to see how it is now.")),
        "not_allowed": (_("This can no longer be changed here"), _("Open the page again, or call us.")),
        "not_offered": (_("That time is not on offer"), _("Choose one of the free times.")),
    }
    by_status: Mapping[int, tuple[str, str]] = {
        400: (_("We could not read that"), _("Go back and try once more.")),
        403: (_("That came from another page"), _("Open this page here and try once more.")),
        404: (_("This page is not here"), _("The address may be old. Free times are on the first page.")),
        405: (_("That cannot be done here"), _("Go to the first page and start from there.")),
        409: (_("That did not fit together"), _("Open the page again to see how it is now.")),
        413: (_("That was too much at once"), _("Write less and try once more.")),
        415: (_("We could not read that"), _("Go back and try once more.")),
        422: (_("Something needs putting right"), _("Go back, look through what you wrote and try once more.")),
        429: (_("That was a lot in a short time"), _("Wait a little and try once more, or call us.")),
        503: (_("We cannot save anything just now"), _("Try again in a few minutes, or call us.")),
    }
    fallback = (
        _("Something broke on our side"),
        _("Nothing of yours is lost that was confirmed. Try again, or call us."),
    )
    heading, text = by_code.get(code) or by_status.get(status) or fallback
    return heading, text, status >= 500 or status in (409, 429)


handlers: dict[type[Exception] | int, Callable[[Request[Any, Any, Any], Any], Response[Any]]] = {
    TurnetError: page_for,
    HTTPException: page_for,
    Exception: page_for,
}
