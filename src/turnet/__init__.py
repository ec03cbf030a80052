"""turnet: a small clinic's diary on the web."""

__version__ = "0.1.0"
