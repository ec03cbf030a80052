"""Piccolo's configuration: the engine in use and the one app that owns every table. Only migrations load it.

`DB` is whatever `turnet.db.engine.bind` bound last; Piccolo's own command line gets the one of the settings.
"""

import os

from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppRegistry

from turnet.db.engine import AnyEngine, bind, bound, engine_for
from turnet.settings import load

if Migration._meta._db is None:  # noqa: SLF001
    bind(engine_for(load(os.environ)))

APP_REGISTRY = AppRegistry(apps=["turnet.db.piccolo_app"])


def __getattr__(name: str) -> AnyEngine:
    if name != "DB":
        raise AttributeError(name)
    return bound()
