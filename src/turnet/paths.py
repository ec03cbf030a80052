"""Where templates, static files and catalogues lie: inside the wheel, or in a checkout's root."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE / "_assets" if (PACKAGE / "_assets").is_dir() else PACKAGE.parent.parent

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
LOCALE = ROOT / "locale"
