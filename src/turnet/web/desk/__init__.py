"""The staff's pages. `routes` is for `app.py`; each page module below has its own `routes`."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from turnet.errors import NotSignedIn
from turnet.web.desk.accounts import account, people, safety
from turnet.web.desk.app import app_shell, feeds, live
from turnet.web.desk.arrivals import poster, texts
from turnet.web.desk.blocked import blocks, needs, why
from turnet.web.desk.booking import call, new, parked, series, walk_in
from turnet.web.desk.cards import patient, patient_edit, patient_merge, patients
from turnet.web.desk.changing import cancel, message, move
from turnet.web.desk.diary import late, more, today, visit
from turnet.web.desk.entrance import half_in, join, login
from turnet.web.desk.inbox import acts, failed
from turnet.web.desk.inbox import pages as inbox
from turnet.web.desk.opinions import feedback, survey
from turnet.web.desk.rounds import pages as rounds
from turnet.web.desk.seat import AtTheDesk, allowed, checked
from turnet.web.desk.told import history
from turnet.web.desk.worth import texting, value

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
    *feedback.routes,
    *survey.routes,
    *value.routes,
    *rounds.routes,
    *inbox.routes,
    *acts.routes,
    *failed.routes,
    *texting.routes,
    *poster.routes,
    *texts.routes,
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
