"""Accounts with real passwords and codes, for tests of the door."""

from typing import Any

import pyotp
from litestar import Litestar

from tests.web.conftest import Client
from tests.web.desk.conftest import an_account
from turnet.staff import secrets

PASSWORD = "a red door and a blue roof"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
COOKIE = "turnet_staff"


async def joined(app: Litestar, role: str = "reception", **more: Any) -> int:
    """An account that has chosen `PASSWORD`; with `codes=True` the code of `SECRET` is asked."""
    if more.pop("codes", False):
        more["totp_secret"] = secrets.seal(app.state.key, SECRET)
    if pin := more.pop("pin", ""):
        more["pin_hash"] = await secrets.hashed(pin)
    return await an_account(app, role, password_hash=await secrets.hashed(PASSWORD), **more)


def code(app: Litestar, steps: int = 0) -> str:
    """Of now, or of so many half minutes later."""
    return pyotp.TOTP(SECRET).at(int(app.state.clock.real().timestamp()) + 30 * steps)


async def enters(client: Client, role: str = "reception", password: str = PASSWORD, **more: Any) -> Any:
    return await client.post("/login", data={"email": f"{role}@tuomi.example", "password": password, **more})


def went(answer: Any) -> str:
    """Where a plain or partial answer leads."""
    return str(answer.headers.get("HX-Redirect") or answer.headers.get("Location") or answer.status_code)
