"""Every table of the program, for whoever binds them to a database or writes their migrations."""

from importlib import import_module

from piccolo.table import Table

MODULES = (
    "turnet.clinic.tables",
    "turnet.patients.tables",
    "turnet.booking.tables",
    "turnet.messaging.tables",
    "turnet.reminders.tables",
    "turnet.watch.tables",
    "turnet.staff.tables",
    "turnet.audit.tables",
    "turnet.conversation.tables",
    "turnet.feedback.tables",
    "turnet.reports.tables",
)


def every_table() -> list[type[Table]]:
    """In the order of `MODULES`. Piccolo's own finder would load the formatter that it writes migrations with."""
    found = [one for module in MODULES for one in vars(import_module(module)).values()]
    tables = [one for one in found if isinstance(one, type) and issubclass(one, Table) and one is not Table]
    return list(dict.fromkeys(tables))  # a module holds those that it imports, too
