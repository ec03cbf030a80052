"""In a checkout `tasks/` lies at the root; this makes it importable as `turnet.tasks`, as it is in the wheel."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

from turnet.paths import PACKAGE

ALIAS = "turnet.tasks"


def alias() -> None:
    """Does nothing where the package carries its tasks itself, or when it was done before."""
    folder = PACKAGE.parent.parent / "tasks"
    if ALIAS in sys.modules or (PACKAGE / "tasks").is_dir() or not folder.is_dir():
        return
    spec = spec_from_file_location(ALIAS, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[ALIAS] = module
    spec.loader.exec_module(module)
