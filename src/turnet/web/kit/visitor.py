"""Whose hold it is: a random cookie, set when somebody first holds a time and never on a GET."""

import hashlib
import re
import secrets
from typing import Any

from litestar import Response

from turnet.settings import Settings
from turnet.web.kit.htmx import AnyRequest

COOKIE = "turnet_hold"
_OURS = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_LIFETIME_SECONDS = 24 * 3600


def owner(request: AnyRequest) -> str:
    """The hash under which this visitor's hold is stored; empty for somebody who holds nothing."""
    return _stored(request.cookies.get(COOKIE, ""))


def with_owner(request: AnyRequest) -> tuple[str, str]:
    """(hash for the hold, cookie to `give` with the answer). A visitor who has one keeps it."""
    cookie = request.cookies.get(COOKIE, "")
    if not _stored(cookie):
        cookie = secrets.token_urlsafe(16)
    return _stored(cookie), cookie


def give(request: AnyRequest, response: Response[Any], cookie: str) -> None:
    """Only for the answer to a POST: pages that everybody gets never carry a cookie."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        COOKIE, cookie, httponly=True, samesite="lax", secure=settings.https, path="/", max_age=_LIFETIME_SECONDS
    )


def forget(response: Response[Any]) -> None:
    """The hold has become a booking: the visitor is nobody in particular again, and gets everybody's pages."""
    response.delete_cookie(COOKIE, path="/")


def _stored(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest() if _OURS.fullmatch(cookie) else ""
