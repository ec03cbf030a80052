"""The command line. `turnet --help` must be instant: the command that needs something slow imports it."""

import sys
import warnings
from collections.abc import Sequence

import click

from turnet.cli.answers import line_for, tell
from turnet.cli.backup import backup, restore
from turnet.cli.clinic import init
from turnet.cli.day import day
from turnet.cli.demo import demo
from turnet.cli.doctor import doctor
from turnet.cli.outbox import outbox
from turnet.cli.servers import migrate, serve, worker
from turnet.cli.user import user


class InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """As they are needed, not by the alphabet."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="turnet", message="turnet %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Booking for small clinics.

    \b
    turnet demo         try it: a clinic with made-up people
    turnet init         your own clinic
    turnet serve        open it

    Settings are environment variables or lines of turnet.toml in the data directory; docs/settings.md lists them.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(2)


for command in (demo, init, serve, worker, migrate, user, day, outbox, backup, restore, doctor):
    group.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; whatever goes wrong is one line on standard error and an exit code that is not 0."""
    warnings.filterwarnings("ignore", message=".*Unable to (fetch server|connect to)")  # Piccolo's; an error follows it
    try:
        code = group.main(arguments, prog_name="turnet", standalone_mode=False)
    except click.Abort:
        tell("stopped")
        sys.exit(130)
    except click.ClickException as error:
        tell(line_for(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (one line is the promise, whatever it was)
        tell(line_for(error))
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
