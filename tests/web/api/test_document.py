"""`/api/v1/openapi.json` says what the API does, and the API does what it says, whatever it is sent."""

import asyncio
import json
import re
import warnings
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from litestar import Litestar

from tests.web.api.conftest import Book, booking, token_of
from tests.web.conftest import Client
from turnet.web.api.document import ALLOWED, BODIES, OPERATIONS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HEADERS = {"Accept-Language", "Idempotency-Key", "Content-Type"}


async def test_the_document_is_where_everybody_looks(api: Client) -> None:
    answer = await api.get("/api/v1/openapi.json")

    document = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (document["openapi"], document["servers"]) == ("3.1.0", [{"url": f"{api.base_url}/api/v1"}])


def test_every_route_is_described(app: Litestar) -> None:
    prefix = "/api/v1"
    served = {
        (re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path).removeprefix(prefix), method)
        for route in app.routes
        if route.path.startswith(prefix) and "{rest" not in route.path and route.path != prefix
        for method in ("GET", "POST")
        if any(h.fn.__name__ != "wrong_method" for h in route.route_handlers if method in h.http_methods)
    }

    assert served == {(path, method) for path, methods in ALLOWED.items() for method in methods}


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.body], ids=lambda one: one.name)
async def test_the_required_fields_are_the_ones_that_are_missed(api: Client, book: Book, operation: Any) -> None:
    url = f"/api/v1{operation.path}".format(token=token_of(await book()))

    answer = await api.post(url, json={})

    missed = {name for name, code in answer.json().get("fields", {}).items() if code == "required"}
    required = set(BODIES[operation.body].get("required", ()))
    assert {name for name in missed if "." not in name} == required


async def test_the_examples_of_the_document_are_bookable(api: Client) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    schema = document["components"]["schemas"]["Booking"]["properties"]
    patient = {name: one["examples"][0] for name, one in schema["patient"]["properties"].items() if "examples" in one}

    answer = await api.post("/api/v1/bookings", json=booking(patient=patient, service=schema["service"]["examples"][0]))

    assert answer.status_code == 201


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_whatever_is_sent_the_answer_is_one_of_those_described(
    api: Client, book: Book, loop: asyncio.Runner, operation: Any
) -> None:
    document = loop.run(api.get("/api/v1/openapi.json")).json()
    described = schemathesis.openapi.from_dict(document)[operation.path][operation.method.upper()]
    token = token_of(loop.run(book()))

    @given(case=described.as_strategy())
    @examples(max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def send(case: Any) -> None:
        case.validate_response(loop.run(_sent(api, case, token)), checks=CHECKS)

    send()


async def _sent(api: Client, case: Any, token: str) -> httpx.Response:
    """As the case says, with a token that exists in place of a made-up one."""
    body = None if isinstance(case.body, schemathesis.core.NotSet) else json.dumps(case.body).encode()
    headers = {name: value for name, value in (case.headers or {}).items() if name in HEADERS}
    return await api.request(
        case.method,
        f"/api/v1{case.path}".format(token=token),
        params=dict(case.query or {}),
        headers={**headers, **({} if body is None else {"Content-Type": "application/json"})},
        content=body,
    )
