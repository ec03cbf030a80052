"""Random public ids, the reference a person reads out, and patients' link tokens."""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read out on the telephone


def random_id() -> str:
    """22 URL-safe characters, 128 random bits."""
    return secrets.token_urlsafe(16)


def reference() -> str:
    """A booking's short human code, such as `K7M2-QX`."""
    code = "".join(secrets.choice(_READABLE) for _ in range(6))
    return f"{code[:4]}-{code[4:]}"


def link_token(key: bytes, purpose: str, public_id: str, link_no: int) -> str:
    """22 characters of HMAC-SHA-256 over what the link is for; raising `link_no` revokes it."""
    mac = hmac.digest(key, f"{purpose}\0{public_id}\0{link_no}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def signed(key: bytes, purpose: str, id: UUID) -> str:
    """39 letters and figures in lower case that name `id` and that nobody else can make: also good for a mail's address."""
    mac = hmac.digest(key, f"{purpose}\0".encode() + id.bytes, "sha256")[:8]
    return base64.b32encode(id.bytes + mac).decode().rstrip("=").lower()


def unsigned(key: bytes, purpose: str, token: str) -> UUID | None:
    """The id in what `signed` made; None for anything else."""
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (ValueError, UnicodeError):
        return None
    id = UUID(bytes=raw[:16]) if len(raw) == 24 else None
    return id if id and hmac.compare_digest(signed(key, purpose, id).encode(), token.lower().encode()) else None


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def fingerprint(key: bytes) -> str:
    """Tells two secret keys apart without revealing either."""
    return hashlib.sha256(b"turnet key\0" + key).hexdigest()[:16]
