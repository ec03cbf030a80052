"""`/api/v1/openapi.json`: answers as their structs say, requests as `bodies` and `wishes` read them."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec

from turnet.web.api import answers
from turnet.web.api.problems import Problem

Schema = dict[str, Any]

_TIME = {
    "type": "string",
    "format": "date-time",
    "description": "With an offset; any will do.",
    "examples": ["2026-12-01T09:30:00+02:00"],
}
_PRACTITIONER = {"type": ["string", "null"], "description": "Slug; somebody suitable when there is none."}
_LOCATION = {
    "type": ["string", "null"],
    "description": "Slug; the first location that has the time when there is none.",
}
_VERSION = {
    "type": ["integer", "null"],
    "minimum": 1,
    "maximum": 2**31 - 1,
    "description": "As last read; refused with `stale` when somebody changed the visit since.",
}
_WHEN: Schema = {
    "service": {"type": "string", "description": "Slug.", "examples": ["check-up"]},
    "start": _TIME,
    "practitioner": _PRACTITIONER,
    "location": _LOCATION,
}
_PATIENT: Schema = {
    "type": "object",
    "required": ["name"],
    "anyOf": [{"required": ["phone"]}, {"required": ["email"]}],
    "description": "With a telephone number or an e-mail address, or both.",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 120, "examples": ["Aino Virtanen"]},
        "phone": {"type": ["string", "null"], "maxLength": 32, "examples": ["+358 40 000 0116"]},
        "email": {"type": ["string", "null"], "format": "email", "maxLength": 320, "examples": ["aino@example.org"]},
        "language": {"type": ["string", "null"], "description": "Of messages; else that of `Accept-Language`."},
        "for": {"enum": ["me", "child", "adult", None], "default": "me"},
        "birth_year": {"type": ["integer", "null"], "description": "Required for a child."},
    },
}
BODIES: dict[str, Schema] = {
    "Hold": {
        "type": "object",
        "required": ["service", "start"],
        "properties": {**_WHEN, "people": {"type": ["integer", "null"], "minimum": 1, "default": 1}},
    },
    "Booking": {
        "type": "object",
        "required": ["service", "start", "patient"],
        "properties": {
            **_WHEN,
            "hold": {"type": ["string", "null"], "maxLength": 64, "description": "The hold to turn into a booking."},
            "patient": _PATIENT,
            "note": {"type": ["string", "null"], "maxLength": 1000},
        },
    },
    "Move": {
        "type": "object",
        "required": ["start"],
        "properties": {"start": _TIME, "practitioner": _PRACTITIONER, "location": _LOCATION, "version": _VERSION},
    },
    "Cancel": {
        "type": "object",
        "properties": {"reason": {"type": ["string", "null"], "maxLength": 1000}, "version": _VERSION},
    },
    "Undo": {"type": "object"},
}

_LANGUAGE: Schema = {
    "name": "Accept-Language",
    "in": "header",
    "schema": {"type": "string", "maxLength": 100},
    "description": "Of names and of the titles of errors.",
}
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same body is one booking and one answer, for 24 hours.",
}
_TOKEN: Schema = {
    "name": "token",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
    "description": "The last part of `manage_url`.",
}


def _asked(name: str, what: str, *, required: bool = False, **schema: str) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "schema": {"type": "string", **schema},
        "description": what,
    }


_SLOTS = (
    _asked("service", "Slug.", required=True),
    _asked("from", "First day, in the clinic's zone.", required=True, format="date"),
    _asked("to", "Last day, inclusive; 62 days at the most.", required=True, format="date"),
    _asked("practitioner", "Slug; everybody's times when absent."),
    _asked("location", "Slug; every location's times when absent."),
)


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    name: str
    summary: str
    answer: Any
    status: int = 200
    parameters: tuple[Schema, ...] = ()
    body: str = ""
    optional_body: bool = False
    problems: tuple[int, ...] = (503,)


_READS = (404, 429, 503)
_WRITES = (400, 409, 413, 415, 422, 429, 503)

OPERATIONS = (
    Operation("get", "/clinic", "clinic", "The clinic, its languages and locations", answers.ClinicAnswer),
    Operation("get", "/services", "services", "What can be booked", list[answers.ServiceAnswer]),
    Operation("get", "/practitioners", "practitioners", "Who one can come to", list[answers.PractitionerAnswer]),
    Operation(
        "get", "/slots", "slots", "Free times, one entry per start and location", answers.SlotsAnswer,
        parameters=_SLOTS, problems=(404, 422, 503),
    ),
    Operation(
        "post", "/holds", "hold", "Keep a time for a few minutes while a form is filled", answers.HoldAnswer,
        status=201, body="Hold", problems=_WRITES,
    ),
    Operation(
        "post", "/bookings", "book", "Book a time", answers.BookedAnswer,
        status=201, parameters=(_KEY,), body="Booking", problems=_WRITES,
    ),
    Operation(
        "get", "/bookings/{token}", "booking", "A booking as it stands", answers.VisitAnswer,
        parameters=(_TOKEN,), problems=_READS,
    ),
    Operation(
        "post", "/bookings/{token}/move", "move", "Move it to another time", answers.VisitAnswer,
        parameters=(_TOKEN,), body="Move", problems=(404, *_WRITES),
    ),
    Operation(
        "post", "/bookings/{token}/cancel", "cancel", "Cancel it", answers.VisitAnswer,
        parameters=(_TOKEN,), body="Cancel", optional_body=True, problems=(404, *_WRITES),
    ),
    Operation(
        "post", "/bookings/{token}/undo", "undo", "Take a cancellation back, within ten minutes", answers.VisitAnswer,
        parameters=(_TOKEN,), body="Undo", optional_body=True, problems=(404, *_WRITES),
    ),
)  # fmt: skip


def _allowed() -> dict[str, frozenset[str]]:
    methods = defaultdict(set)
    for operation in OPERATIONS:
        methods[operation.path].add(operation.method.upper())
    methods["/openapi.json"].add("GET")
    return {path: frozenset(found) for path, found in methods.items()}


ALLOWED = _allowed()
"""Path → the methods it understands."""

_MEANINGS = {
    400: "`unreadable`: not JSON, or nested too deep",
    404: "`not_found`: an unknown token or slug",
    409: "`slot_taken` with `alternatives`, `too_late`, `stale`, `not_allowed` or `in_progress`",
    413: "`too_large`",
    415: "`unsupported_media_type`",
    422: "`invalid` with `fields`, `not_offered` or `key_reused`",
    429: "`too_many`, with Retry-After",
    503: "`unavailable`, with Retry-After",
}


@lru_cache(maxsize=2)
def encoded(origin: str) -> bytes:
    """The document as JSON; `origin` is where this installation is reached."""
    shown = {operation.answer for operation in OPERATIONS if not hasattr(operation.answer, "__origin__")}
    lists = {operation.answer for operation in OPERATIONS} - shown
    structs = [*shown, *(one.__args__[0] for one in lists), Problem]
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    paths: dict[str, Schema] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = _operation(operation)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "turnet",
            "version": version("turnet"),
            "description": "Booking at a clinic; no account needed.",
        },
        "servers": [{"url": f"{origin}/api/v1"}],
        "paths": paths,
        "components": {"schemas": dict(sorted((schemas | BODIES).items()))},
    }
    return msgspec.json.encode(document)


def _operation(operation: Operation) -> Schema:
    said: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*operation.parameters, _LANGUAGE],
        "responses": {
            str(operation.status): {
                "description": operation.summary,
                "content": {"application/json": _of(operation.answer)},
            },
            **{str(status): _refusal(status) for status in sorted(operation.problems)},
        },
    }
    if operation.body:
        schema = {"$ref": f"#/components/schemas/{operation.body}"}
        said["requestBody"] = {
            "required": not operation.optional_body,
            "content": {"application/json": {"schema": schema}},
        }
    return said


def _of(answer: Any) -> Schema:
    (schema,), _ = msgspec.json.schema_components([answer], ref_template="#/components/schemas/{name}")
    return {"schema": schema}


def _refusal(status: int) -> Schema:
    return {
        "description": _MEANINGS[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
