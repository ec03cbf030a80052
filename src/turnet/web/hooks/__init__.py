"""What SMS gateways call. `routes` is for `app.py`."""

from litestar.types import ControllerRouterHandler

routes: list[ControllerRouterHandler] = []
