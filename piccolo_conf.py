"""Lets Piccolo's own command line find the database and the tables of a checkout."""

from turnet.db.conf import APP_REGISTRY, DB

__all__ = ["APP_REGISTRY", "DB"]
