"""One line for whatever went wrong: what, where, what to do. Never a traceback."""

import errno
import socket
from collections.abc import Mapping

import click

from turnet.errors import Invalid, TurnetError

_FIELDS: Mapping[str, str] = {
    "exists": "there is a clinic already; turnet serve opens it",
    "missing_in_default_language": "the clinic's name is missing in its first language",
    "not_a_slug": "only small letters, digits and hyphens can stand in an address",
    "taken": "that short name is in use already",
}


def tell(line: str) -> None:
    """Standard error, one line."""
    click.echo(f"turnet: {' '.join(line.split())}", err=True)


def line_for(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "turnet"
        return f"{error.format_message()} See {command} --help"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, Invalid):
        return "; ".join(_FIELDS.get(code, f"{field}: {code}") for field, code in error.fields.items())
    if isinstance(error, OSError):
        return _system(error)
    own = isinstance(error, TurnetError) or type(error).__module__.startswith("turnet.")
    return str(error) if own else f"{type(error).__name__}: {error}"


def _system(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use: another turnet runs here, or choose one with TURNET_LISTEN (turnet demo: --port)"
    if error.errno == errno.EACCES:
        return f"may not write to {error.filename}: give this user the directory, or name another with --data"
    if isinstance(error, socket.gaierror):
        return "the host of TURNET_DATABASE_URL is not known: is the address right?"
    if isinstance(error, ConnectionError) and not error.filename:
        return "the database of TURNET_DATABASE_URL does not answer: is it running, and is the address right?"
    return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
