"""Passwords as argon2id hashes, made two at a time beside the loop; seeds encrypted with the installation's key."""

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from turnet.errors import TooMany

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

Made = TypeVar("Made")

AT_ONCE = 2
"""Hashes in the making: each takes 46 MiB and about 70 ms of a core, and bookings must go on meanwhile."""
MOST_STRANGERS = 24
"""About a second of work; a stranger who comes then is asked to come back …"""
MOST_WAITING = 40
"""… while there is still room for browsers that were here before, and for whoever is in."""

_HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1, type=Type.ID)
_NOBODYS = "$argon2id$v=19$m=47104,t=1,p=1$dHVybmV0J3Mgbm9ib2R5IQ$rEu3d3KZUfQpB19HDC7OrKd2gGMB5JqQYnU3Zs7WtbQ"
"""Compared with where there is no hash, so that an unknown account takes as long as a wrong password."""
_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY_LETTERS = 24
"""117 bits: enough for a plain hash (ASVS 6.5.2)."""

_pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")
_waiting = 0


async def hashed(text: str, *, salt: bytes | None = None) -> str:
    """Raises TooMany when too many wait. `salt` is for made-up accounts that shall be the same every time."""
    return await _in_pool(_hash, text, salt)


def _hash(text: str, salt: bytes | None) -> str:
    return _HASHER.hash(text, salt=salt)


async def matches(text: str, stored: str, *, stranger: bool = False) -> bool:
    """Takes as long when nothing is stored. Raises TooMany when too many wait."""
    right = await _in_pool(_verified, stored or _NOBODYS, text, most=MOST_STRANGERS if stranger else MOST_WAITING)
    return right and bool(stored)


def outdated(stored: str) -> bool:
    """Made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)


def _verified(stored: str, text: str) -> bool:
    try:
        return _HASHER.verify(stored, text)
    except (VerificationError, InvalidHashError):
        return False


async def _in_pool(work: Callable[..., Made], *given: object, most: int = MOST_WAITING) -> Made:
    global _waiting  # noqa: PLW0603  (one pool a process)
    if _waiting >= most:
        raise TooMany(what="logins")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work, *given)
    finally:
        _waiting -= 1


# --- seeds of codes


def seal(key: bytes, text: str) -> str:
    """Encrypted and signed: nobody without the installation's key reads or changes it."""
    return _sealer(key).encrypt(text.encode()).decode()


def unseal(key: bytes, sealed: str) -> str | None:
    """None for what was not sealed with this key."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415  (7 MB that a desk without codes does not need)

    try:
        return _sealer(key).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        return None


def _sealer(key: bytes) -> "Fernet":
    from cryptography.fernet import Fernet  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    derived = HKDF(SHA256(), length=32, salt=None, info=b"turnet staff seeds").derive(key)
    return Fernet(urlsafe_b64encode(derived))


# --- recovery codes


def recovery_code() -> str:
    """Six groups of four letters and digits that are not mistaken for each other."""
    letters = "".join(secrets.choice(_READABLE) for _ in range(_RECOVERY_LETTERS))
    return "-".join(letters[n : n + 4] for n in range(0, _RECOVERY_LETTERS, 4))


def recovery_hash(typed: str) -> str:
    """Of a code however it was typed: spaces, hyphens and small letters do not matter."""
    return hashlib.sha256("".join(sign for sign in typed.upper() if sign.isalnum()).encode()).hexdigest()
