"""One Piccolo app owns every table, so there is one history of migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

TABLE_MODULES = [
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
]

APP_CONFIG = AppConfig(
    app_name="turnet",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=list(dict.fromkeys(table_finder(TABLE_MODULES))),  # a module finds those it imports, too
)
