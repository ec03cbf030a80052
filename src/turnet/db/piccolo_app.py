"""One Piccolo app owns every table, so there is one history of migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from turnet.db.every_table import every_table

APP_CONFIG = AppConfig(
    app_name="turnet",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=every_table(),
)
