"""What SMS gateways, telephone exchanges and mail servers call. `routes` is for `app.py`."""

from litestar.types import ControllerRouterHandler

from turnet.web.hooks import call, mail, sms

routes: list[ControllerRouterHandler] = [*sms.routes, *call.routes, *mail.routes]
