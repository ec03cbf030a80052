"""`POST /hooks/mail/{secret}` as a mail server hands over what came back."""

from dataclasses import replace
from typing import Any

import pytest

from tests.db.messaging.acts import book, rows
from tests.factories import a_clinic
from tests.unit.messaging.test_bounces import report
from tests.web.hooks.test_sms import callers
from turnet.clock import FrozenClock
from turnet.messaging.bounces import return_address
from turnet.messaging.channels.chosen import hook_secret
from turnet.messaging.deliver import deliverer, drain

__all__ = ["callers"]


async def _sent(server: Any, clock: FrozenClock) -> bytes:
    """The report on a confirmation that has left."""
    await book(await a_clinic(), clock, by_staff=True)
    await drain(deliverer(server.settings, clock))
    [(message,)] = await rows("id")
    return report(to=return_address(server.settings, server.settings.key(), message, ""))


def _takes_bounces(server: Any) -> None:
    server.settings = server.app.state.settings = replace(server.settings, bounce_mail="bounces@tuomi.example")


def _path(server: Any, name: str = "mail") -> str:
    return f"/hooks/mail/{hook_secret(server.app.state.key, name)}"


async def test_a_returned_mail_is_taken_from_the_mail_server(callers: Any, clock: FrozenClock) -> None:
    server = await callers("file:")
    _takes_bounces(server)
    mail = await _sent(server, clock)

    answers = [await server.post(_path(server), content=mail + b"x" * 400_000) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert await rows("state", "error") == [("failed", "came back: 5.1.1")]


@pytest.mark.parametrize("secret", ["call", "twilio"])
async def test_control_another_hooks_secret_opens_nothing(callers: Any, clock: FrozenClock, secret: str) -> None:
    server = await callers("file:")
    _takes_bounces(server)
    mail = await _sent(server, clock)

    assert (await server.post(_path(server, secret), content=mail)).status_code == 404
    assert await rows("state") == [("sent",)]


async def test_without_a_return_address_there_is_no_hook(callers: Any, clock: FrozenClock) -> None:
    server = await callers("file:")

    assert (await server.post(_path(server), content=report())).status_code == 404
