"""How somebody likes their diary: kept with the account, so that every device of theirs opens it so."""

import json
from collections.abc import Mapping

from turnet.db.transactions import fetch, tx
from turnet.staff.model import Staff


async def remember_view(staff: Staff, view: Mapping[str, str]) -> None:
    """`at` (a location's slug) or `with` (a practitioner's); nothing: everybody, everywhere."""
    async with tx():
        await fetch('UPDATE staff_user SET "view" = {} WHERE id = {}', json.dumps(dict(view)), staff.id)
