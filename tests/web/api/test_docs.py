"""`docs/api.md` names every code that an answer can carry, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import turnet.web.api.problems
from turnet.errors import NotSignedIn, NotYours, TurnetError
from turnet.i18n import speaking
from turnet.web.api.problems import CODES, title

ROOT = Path(turnet.web.api.problems.__file__).resolve().parents[4]
TEXT = (ROOT / "docs" / "api.md").read_text()
READERS = ("web/api/bodies.py", "web/api/wishes.py", "web/api/availability.py", "web/api/visits.py", "web/api/times.py")


def errors(kind: type[TurnetError] = TurnetError) -> Iterator[type[TurnetError]]:
    for one in kind.__subclasses__():
        yield one
        yield from errors(one)


OF_THE_DESK = {NotYours.code, NotSignedIn.code}
"""Nobody logs in to the API."""


def known() -> set[tuple[int, str]]:
    ours = {
        (error.status, error.code)
        for error in errors()
        if error.__module__.startswith("turnet.") and error.code not in OF_THE_DESK
    }
    return ours | set(CODES.items()) | {(500, "server_error")}


def field_codes() -> set[str]:
    """Second arguments of `refuse`, values of `Invalid({…})`, and what the readers of times and dates return."""
    found: set[str] = set()
    for file in (*(ROOT / "src" / "turnet" / reader for reader in READERS), ROOT / "src/turnet/patients/model.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "refuse":
                found |= _texts(node.args[1])
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Invalid":
                found |= {
                    text for argument in node.args if isinstance(argument, ast.Dict) for text in _values(argument)
                }
            elif isinstance(node, ast.Return) and file.name == "times.py" and node.value is not None:
                found |= _texts(node.value)
    return found


def _texts(node: ast.expr) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def _values(node: ast.Dict) -> set[str]:
    return {text for value in node.values for text in _texts(value)}


def test_every_code_of_an_error_is_in_the_table() -> None:
    table = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", TEXT, re.MULTILINE)}

    assert table == known()


def test_every_code_of_a_field_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", TEXT.partition("In `fields`:")[2].partition("##")[0]))
    codes = field_codes()

    assert {"required", "too_long", "not_a_time", "not_for_service"} <= codes  # the search finds what is there
    assert codes - explained == set()


def test_every_code_has_a_title_of_its_own() -> None:
    with speaking("en"):
        titles = {code: title(code) for _, code in known()}

    assert len(set(titles.values())) == len(titles)
