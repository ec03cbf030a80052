"""What SMS gateways call. `routes` is for `app.py`."""

from litestar.types import ControllerRouterHandler

from turnet.web.hooks import sms

routes: list[ControllerRouterHandler] = [*sms.routes]
