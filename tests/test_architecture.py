"""The import order and the bans of docs/architecture.md: this test is the rule."""

import ast
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from turnet.paths import PACKAGE, TEMPLATES

TASKS = PACKAGE.parent.parent / "tasks"

DOMAINS = (
    "clinic", "booking", "patients", "messaging", "reminders", "staff", "audit", "conversation", "checkin", "feedback", "waitlist", "recall",
    "reports",
)  # fmt: skip
LATER = ("reminders", "conversation", "checkin", "feedback", "waitlist", "recall", "reports")
"""Built on bookings, never the other way round."""

LONGEST_FUNCTION = 40
LONGEST_FILE = 400
LONGER = {
    "turnet/clinic/queries.py:_build": 50,  # one argument a line
    "turnet/web/public/booking.py:_page": 50,  # one field of the page a line
}
"""Exceptions and how long they may be: `turnet/booking/queries.py`, or `turnet/booking/queries.py:function`."""


class Module:
    """One file, read once."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.tree = ast.parse(text)

    @property
    def package(self) -> str:
        """`booking` for `turnet/booking/service.py`, `errors` for `turnet/errors.py`."""
        return self.name.removeprefix("turnet/").partition("/")[0].removesuffix(".py")

    def imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, ast.unparse(node.func)


def modules() -> list[Module]:
    files = {f"turnet/{file.relative_to(PACKAGE)}": file for file in sorted(PACKAGE.rglob("*.py"))}
    files |= {f"turnet/tasks/{file.name}": file for file in sorted(TASKS.glob("*.py"))}
    return [Module(name, file.read_text()) for name, file in files.items() if "/migrations/" not in name]


MODULES = modules()


def _within(imported: str, *packages: str) -> bool:
    return any(imported == f"turnet.{one}" or imported.startswith(f"turnet.{one}.") for one in packages)


Rule = Callable[[Module], Iterator[str]]


def scheduling_knows_the_standard_library_only(module: Module) -> Iterator[str]:
    if module.package == "scheduling":
        for imported in module.imports():
            top = imported.partition(".")[0]
            if not _within(imported, "scheduling") and top not in sys.stdlib_module_names:
                yield imported
        if any(isinstance(node, ast.Await | ast.AsyncFunctionDef) for node in ast.walk(module.tree)):
            yield "await"


def database_knows_no_domain(module: Module) -> Iterator[str]:
    if module.package == "db" and not module.name.endswith("piccolo_app.py"):
        yield from (name for name in module.imports() if _within(name, "web", "scheduling", *DOMAINS))


def domain_knows_no_web(module: Module) -> Iterator[str]:
    if module.package in DOMAINS:
        yield from (name for name in module.imports() if _within(name, "web") or name.startswith("litestar"))


def booking_knows_nothing_built_on_it(module: Module) -> Iterator[str]:
    if module.package == "booking":
        yield from (name for name in module.imports() if _within(name, *LATER))


def web_talks_to_services_and_queries(module: Module) -> Iterator[str]:
    if module.package == "web":
        yield from (
            name for name in module.imports() if re.search(r"(^|\.)tables(\.|$)", name) or name.startswith("piccolo")
        )


def tasks_are_thin(module: Module) -> Iterator[str]:
    if module.package == "tasks":
        yield from (name for name in module.imports() if re.search(r"(^|\.)tables(\.|$)", name) or _within(name, "web"))


def only_channels_send(module: Module) -> Iterator[str]:
    """`watch/ping.py` speaks to a monitor, which is nobody."""
    if not module.name.startswith(("turnet/messaging/channels/", "turnet/watch/ping.py")):
        yield from (name for name in module.imports() if name.partition(".")[0] in {"aiosmtplib", "smtplib", "httpx"})


def only_wiring_sees_the_app(module: Module) -> Iterator[str]:
    if module.package not in {"server", "cli", "app"}:
        yield from (name for name in module.imports() if _within(name, "app", "server", "cli"))


def clock_is_asked_for_the_time(module: Module) -> Iterator[str]:
    if module.name not in {"turnet/clock.py", "turnet/log.py"}:
        for call, name in module.calls():
            if re.search(r"\b(datetime|date)\.(now|today|utcnow)$", name):
                yield f"{name} in line {call.lineno}"


def transactions_begin_with_tx(module: Module) -> Iterator[str]:
    if module.package != "db":
        for call, name in module.calls():
            if name.endswith((".transaction", ".atomic", ".snapshot")):
                yield f"{name} in line {call.lineno}"


def services_start_no_tasks(module: Module) -> Iterator[str]:
    if "/service" in module.name:
        for call, name in module.calls():
            if name.rpartition(".")[2] in {"gather", "create_task", "ensure_future", "TaskGroup"}:
                yield f"{name} in line {call.lineno}"


def framework_caches_nothing(module: Module) -> Iterator[str]:
    if module.package in {"web", "app"}:
        for call, name in module.calls():
            route = name.rpartition(".")[2] in {"get", "route", "Router", "Litestar", "Controller"}
            if route and any(keyword.arg in {"cache", "response_cache_config"} for keyword in call.keywords):
                yield f"cache= in line {call.lineno}"


def raw_sql_is_no_f_string(module: Module) -> Iterator[str]:
    for call, name in module.calls():
        if name.endswith(".raw") and any(isinstance(argument, ast.JoinedStr) for argument in call.args):
            yield f"{name} in line {call.lineno}"


def names_say_what_is_inside(module: Module) -> Iterator[str]:
    if re.search(r"(utils?|helpers?|manager|common|misc)(/|\.py)", module.name):
        yield module.name


RULES: tuple[Rule, ...] = (
    scheduling_knows_the_standard_library_only,
    database_knows_no_domain,
    domain_knows_no_web,
    booking_knows_nothing_built_on_it,
    web_talks_to_services_and_queries,
    tasks_are_thin,
    only_channels_send,
    only_wiring_sees_the_app,
    clock_is_asked_for_the_time,
    transactions_begin_with_tx,
    services_start_no_tasks,
    framework_caches_nothing,
    raw_sql_is_no_f_string,
    names_say_what_is_inside,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule) -> None:
    assert {module.name: found for module in MODULES if (found := list(rule(module)))} == {}


VIOLATIONS: dict[Rule, tuple[str, str]] = {
    scheduling_knows_the_standard_library_only: ("turnet/scheduling/slots.py", "from turnet.errors import NotOffered"),
    database_knows_no_domain: ("turnet/db/versions.py", "from turnet.clinic.tables import Diary"),
    domain_knows_no_web: ("turnet/booking/service/book.py", "from turnet.web.kit import forms"),
    booking_knows_nothing_built_on_it: ("turnet/booking/queries.py", "import turnet.recall.service"),
    web_talks_to_services_and_queries: ("turnet/web/public/home.py", "from turnet.booking.tables import Booking"),
    tasks_are_thin: ("turnet/tasks/sweep.py", "from turnet.booking import tables"),
    only_channels_send: ("turnet/booking/service/book.py", "import smtplib"),
    only_wiring_sees_the_app: ("turnet/web/public/home.py", "from turnet.app import create_app"),
    clock_is_asked_for_the_time: ("turnet/booking/queries.py", "now = datetime.now(UTC)"),
    transactions_begin_with_tx: ("turnet/clinic/service.py", "async def act():\n async with DB.transaction(): pass"),
    services_start_no_tasks: ("turnet/booking/service/book.py", "async def act():\n await asyncio.gather()"),
    framework_caches_nothing: ("turnet/web/public/home.py", "@get('/', cache=30)\ndef home(): pass"),
    raw_sql_is_no_f_string: ("turnet/booking/queries.py", "Booking.raw(f'SELECT {name}')"),
    names_say_what_is_inside: ("turnet/booking/utils.py", ""),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_control_a_violation_is_caught(rule: Rule) -> None:
    assert list(rule(Module(*VIOLATIONS[rule]))) != []


# --- sizes


def _too_long() -> Iterator[tuple[str, int]]:
    for module in MODULES:
        if (lines := module.text.count("\n")) > LONGEST_FILE:
            yield module.name, lines
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                if (lines := node.end_lineno - start + 1) > LONGEST_FUNCTION:
                    yield f"{module.name}:{node.name}", lines


def test_nothing_is_longer_than_it_says() -> None:
    too_long = dict(_too_long())

    assert {name: lines for name, lines in too_long.items() if lines > LONGER.get(name, 0)} == {}
    assert [name for name in LONGER if name not in too_long] == []


# --- templates

BANNED_IN_PAGES = {
    "unescaped output": re.compile(r"[^\"'\s]\s*\|\s*safe\b|\bautoescape\s+false"),
    "inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "inline style": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")", re.IGNORECASE),
    "evaluated attribute": re.compile(r"\shx-on|[\"']js:|javascript:", re.IGNORECASE),
}


def _banned(text: str) -> list[str]:
    return [name for name, pattern in BANNED_IN_PAGES.items() if pattern.search(text)]


def test_pages_need_nothing_that_the_content_security_policy_forbids() -> None:
    """Messages are read in mail programs, which know no style sheets."""
    pages = [file for file in sorted(TEMPLATES.rglob("*.html")) if "messages" not in file.relative_to(TEMPLATES).parts]

    assert pages != []
    assert {str(page.relative_to(TEMPLATES)): found for page in pages if (found := _banned(page.read_text()))} == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{ name | safe }}", "unescaped output"),
        ('<a href="#" onclick="go()">', "inline handler"),
        ('<p class="a" style="color: red">', "inline style"),
        ("<script>go()</script>", "inline script"),
        ('<div hx-on:click="go()">', "evaluated attribute"),
    ],
)
def test_control_a_banned_template_is_caught(text: str, name: str) -> None:
    assert name in _banned(text)
    assert _banned('{{ _("until %(when)s", when=("<b>"|safe ~ when ~ "</b>"|safe)) }}') == []
    assert _banned('<script src="/a.js" defer></script><a class="on" href="/en/" data-one="1">{{ name }}</a>') == []
