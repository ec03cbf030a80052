"""Piccolo's configuration: the engine in use and the one app that owns every table.

`DB` is replaced by `turnet.db.engine.bind`; Piccolo's own command line gets the one of the settings.
"""

import os
from typing import Any

from piccolo.conf.apps import AppRegistry
from piccolo.engine.base import Engine

from turnet.db.engine import engine_for
from turnet.settings import load

os.environ.setdefault("PICCOLO_CONF", "turnet.db.conf")

DB: Engine[Any] = engine_for(load(os.environ))
APP_REGISTRY = AppRegistry(apps=["turnet.db.piccolo_app"])
