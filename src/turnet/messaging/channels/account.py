"""What `TURNET_SMS_URL` says: whose account at which gateway."""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from turnet.settings import BadSetting


@dataclass(frozen=True, slots=True)
class Account:
    gateway: str
    user: str
    password: str
    base: str
    """`https://host[:port][/path]`, without a slash at the end."""
    options: Mapping[str, str]


def account(url: str, *, host: str = "", known: Collection[str] = ()) -> Account:
    """Reads `name://user:password@host:port/path?option=…`; `host` is where it is when the URL names none.

    `tls=none` is for a gateway on this machine or in its own network. Raises `BadSetting`.
    """
    gateway, _, rest = url.partition("://")
    read = _read(gateway, rest)
    options = dict(parse_qsl(read.query.replace("+", "%2B")))  # from=+358… is a number, not a space
    in_the_clear = options.pop("tls", "") == "none"
    for name in options:
        if name not in known:
            raise BadSetting(f"TURNET_SMS_URL: {gateway}:// knows no {name}=; it knows {', '.join(sorted(known))}")
    where = read.hostname or host
    if not where:
        raise BadSetting(f"TURNET_SMS_URL names no host; write {gateway}://user:password@host (docs/sms.md)")
    if in_the_clear and not _near(where):
        raise BadSetting("TURNET_SMS_URL has tls=none, which is for an address like 192.168.1.20 or 127.0.0.1 only")
    scheme, shown = "http" if in_the_clear else "https", f"[{where}]" if ":" in where else where
    port = f":{read.port}" if read.port else ""
    base = f"{scheme}://{shown}{port}{read.path.rstrip('/')}"
    return Account(gateway, unquote(read.username or ""), unquote(read.password or ""), base, options)


def _read(gateway: str, rest: str) -> SplitResult:
    try:
        read = urlsplit(f"//{rest}")
        _ = read.port
    except ValueError as error:
        raise BadSetting(
            f"TURNET_SMS_URL cannot be read; write {gateway}://user:password@host (docs/sms.md)"
        ) from error
    return read


def _near(host: str) -> bool:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return found.is_loopback or (found.is_private and not found.is_unspecified and not found.is_link_local)
