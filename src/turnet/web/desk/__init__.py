"""The staff's pages. `routes` is for `app.py`; each page module below has its own `routes`."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from turnet.web.desk.seat import AtTheDesk, allowed, checked

PAGES: list[ControllerRouterHandler] = []

routes: list[ControllerRouterHandler] = [
    Router("/", middleware=[AtTheDesk()], guards=[allowed], route_handlers=checked(PAGES)),
]
