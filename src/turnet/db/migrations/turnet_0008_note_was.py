"""The desk note before its last change, so that the change can be taken back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "0008"
VERSION = "1.38.0"
DESCRIPTION = "note_was"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Booking",
        tablename="booking",
        column_name="desk_note_was",
        db_column_name="desk_note_was",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": "",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
