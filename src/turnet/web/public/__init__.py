"""The patients' pages. `routes` is for `app.py`."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from turnet.web.public import (
    booking,
    cancelled,
    checkin,
    choices,
    diary,
    door,
    feedback,
    find,
    home,
    index,
    moving,
    places,
    visit,
)
from turnet.web.public.here import Speaking

routes: list[ControllerRouterHandler] = [
    Router(
        "/",
        middleware=[Speaking()],
        route_handlers=[
            home.root,
            home.home,
            places.service,
            places.person,
            places.place,
            diary.diary,
            diary.diary_day,
            booking.time,
            booking.book,
            booking.hold,
            visit.see,
            visit.cancel,
            visit.undo,
            cancelled.why,
            checkin.checkin,
            moving.choose,
            moving.move,
            find.look,
            find.send,
            door.look,
            door.come,
            feedback.look,
            feedback.answer,
            choices.look,
            choices.save,
            index.privacy,
            index.robots,
            index.sitemap,
        ],
    )
]
