"""The staff's pages. `routes` is for `app.py`; each page module below has its own `routes`."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from turnet.errors import NotSignedIn
from turnet.web.desk import (
    account,
    app_shell,
    blocks,
    call,
    cancel,
    feeds,
    half_in,
    history,
    join,
    late,
    live,
    login,
    message,
    more,
    move,
    needs,
    new,
    parked,
    patient,
    patient_edit,
    patient_merge,
    patients,
    people,
    safety,
    series,
    today,
    visit,
    walk_in,
    why,
)
from turnet.web.desk.seat import AtTheDesk, allowed, checked

PAGES: list[ControllerRouterHandler] = [
    *today.routes,
    *visit.routes,
    *late.routes,
    *more.routes,
    *live.routes,
    *why.routes,
    *move.routes,
    *cancel.routes,
    *blocks.routes,
    *needs.routes,
    *message.routes,
    *patients.routes,
    *patient.routes,
    *patient_edit.routes,
    *patient_merge.routes,
    *new.routes,
    *series.routes,
    *walk_in.routes,
    *parked.routes,
    *call.routes,
    *account.routes,
    *feeds.routes,
    *safety.routes,
    *people.routes,
    *history.routes,
]

routes: list[ControllerRouterHandler] = [
    *login.routes,
    *half_in.routes,
    *join.routes,
    *app_shell.routes,
    *feeds.open_routes,
    Router(
        "/",
        middleware=[AtTheDesk()],
        guards=[allowed],
        exception_handlers={NotSignedIn: login.not_signed_in},
        route_handlers=checked(PAGES),
    ),
]
