"""Whoever hangs up in the middle of a request, secret or not, is no failure of ours and fills no log."""

from typing import Any

import pytest

from tests.factories import a_clinic
from tests.web.hooks.test_sms import callers

__all__ = ["callers"]


@pytest.mark.parametrize("path", ["/hooks/sms/46elks/guessed", "/hooks/call/guessed", "/login"])
async def test_hanging_up_is_no_failure(callers: Any, caplog: pytest.LogCaptureFixture, path: str) -> None:
    server = await callers("file:")
    await a_clinic()
    came = iter([{"type": "http.request", "body": b"a", "more_body": True}])
    said: list[Any] = []

    async def receive() -> Any:
        return next(came, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "extensions": {}, "state": {},
        "headers": [(b"host", b"times.tuomi.example"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("203.0.113.77", 50000), "server": ("times.tuomi.example", 443),
    }  # fmt: skip
    await server.app(scope, receive, send)

    assert said[0]["status"] == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
