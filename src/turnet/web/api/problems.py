"""Everything that goes wrong under `/api/v1`, as application/problem+json with a stable `code`."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from turnet import i18n
from turnet.clinic.model import Clinic
from turnet.db.guards import unwritable
from turnet.errors import Invalid, SlotTaken, TurnetError, Unavailable
from turnet.i18n import _
from turnet.web.api.answers import SlotAnswer, slot_answer
from turnet.web.kit.htmx import AnyRequest

log = logging.getLogger("turnet.web")


class Unreadable(TurnetError):
    """The body is not JSON, or nested deeper than anything we ask for."""

    code, status = "unreadable", 400


class WrongMediaType(TurnetError):
    code, status = "unsupported_media_type", 415


class WrongMethod(TurnetError):
    code, status = "method_not_allowed", 405


class Taken(TurnetError):
    """`SlotTaken` together with the free times near it, as the API writes them."""

    code, status = "slot_taken", 409

    def __init__(self, alternatives: list[SlotAnswer]) -> None:
        self.alternatives = alternatives
        super().__init__()


@contextmanager
def alternatives_in(clinic: Clinic) -> Iterator[None]:
    """Around an act: the free times that come with SlotTaken are named as this clinic names them.

    When nothing can be taken just now, there is the clinic's telephone.
    """
    try:
        yield
    except SlotTaken as taken:
        raise Taken([slot_answer(clinic, slot) for slot in taken.facts.get("alternatives", ())]) from taken
    except Unavailable as unavailable:
        unavailable.facts["phone"] = clinic.phone
        raise


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457. `code` is stable and for programs, `title` is for people and in their language."""

    type: str
    title: str
    status: int
    code: str
    fields: dict[str, str] = {}
    """Only with `invalid`: what is wrong with which field of the body or query, such as `patient.phone`."""
    alternatives: list[SlotAnswer] | None = None
    """Only with `slot_taken`: free times near the wish, nearest first; empty when there are none left."""
    phone: str = ""
    """Only with `unavailable`, after an act: where the clinic itself can be asked."""


def title(code: str) -> str:
    """What happened and what to do, in the language being spoken."""
    return {
        "invalid": _("Some fields are missing or wrong."),
        "not_offered": _("This time is not on offer."),
        "slot_taken": _("This time was just taken. These are near it."),
        "too_late": _("It is too late to change this visit here. Call the clinic."),
        "stale": _("The visit was changed in the meantime. Look at it again."),
        "not_allowed": _("This is not possible for the visit as it is now."),
        "key_reused": _("This Idempotency-Key was used for another request."),
        "in_progress": _("The first request with this Idempotency-Key has not finished. Try again in a moment."),
        "not_found": _("There is nothing here."),
        "too_many": _("Too many requests. Try again later."),
        "too_large": _("The request is too large."),
        "unavailable": _("The clinic's diary cannot be written right now. Try again in a moment."),
        "unreadable": _("The body is not readable JSON."),
        "unsupported_media_type": _("Send the body as application/json."),
        "method_not_allowed": _("This address does not understand this method."),
    }.get(code) or _("Something went wrong on our side. We have been told.")


CODES = {400: "unreadable", 404: "not_found", 413: "too_large", 429: "too_many", 503: "unavailable"}
"""The codes of refusals that come from the framework."""

_RETRY_AFTER = {"in_progress": "5", "unavailable": "5", "too_many": "60"}


def problem(
    request: AnyRequest, code: str, status: int, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response[bytes]:
    all_headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", **(headers or {})}
    if code in _RETRY_AFTER:
        all_headers["Retry-After"] = _RETRY_AFTER[code]
    if request.scope.get("route_handler") is not None and request.route_handler.opt.get("shared"):
        all_headers["Access-Control-Allow-Origin"] = "*"
    language = i18n.best(request.headers.get("accept-language", ""), tuple(i18n.LANGUAGES))
    all_headers["Content-Language"] = language
    with i18n.speaking(language):
        document = Problem("about:blank", title(code), status, code, **more)
    return Response(
        msgspec.json.encode(document), status_code=status, media_type="application/problem+json", headers=all_headers
    )


def refused(request: AnyRequest, error: TurnetError) -> Response[bytes]:
    if isinstance(error, Unavailable) and error.__cause__ is not None:
        log.error("database unavailable", exc_info=error)
    if isinstance(error, Invalid):
        return problem(request, error.code, error.status, fields=error.fields)
    if isinstance(error, Taken):
        return problem(request, error.code, error.status, alternatives=error.alternatives)
    if isinstance(error, WrongMethod):
        return problem(request, error.code, error.status, headers={"Allow": error.facts["allow"]})
    if isinstance(error, Unavailable):
        return problem(request, error.code, error.status, phone=error.facts.get("phone", ""))
    return problem(request, error.code, error.status)


def refused_by_framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500 and error.status_code not in CODES:
        return failed(request, error)
    return problem(request, CODES.get(error.status_code, "unreadable"), error.status_code)


def failed(request: AnyRequest, error: Exception) -> Response[bytes]:
    """503 when the database cannot be used just now, so that the client comes back; else our own fault."""
    if unwritable(error) or isinstance(error, TimeoutError):
        log.error("database unavailable", exc_info=error)
        return problem(request, "unavailable", 503)
    log.error("request failed", exc_info=error)
    return problem(request, "server_error", 500)


handlers: dict[int | type[Exception], Any] = {
    TurnetError: refused,
    HTTPException: refused_by_framework,
    Exception: failed,
}
