"""What SMS gateways and telephone exchanges call. `routes` is for `app.py`."""

from litestar.types import ControllerRouterHandler

from turnet.web.hooks import call, sms

routes: list[ControllerRouterHandler] = [*sms.routes, *call.routes]
