"""The group of all commands: mistakes are one sentence each, and exit codes say how it went."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import click

from tui_lab import __version__
from tui_lab.errors import BadInput, Failure, nearest, visible

DONE, TRAINING_FAILED, BAD_INPUT, SIGNALLED = 0, 1, 2, 128
EXIT_CODES = "Exit codes: 0 done, 1 training failed or diverged, 2 bad input, 130 interrupted."


class _Commands(click.Group):
    """Commands, of which `lab` may be left out, and whose mistakes are one sentence each."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in self.commands and not args[0].startswith("-"):
            _refuse_unknown(args, self.commands)
            args = ["lab", *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; if nobody reads on, as before `| head`, it ends quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return DONE

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command and exits with its code."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        kwargs["standalone_mode"] = False
        raise SystemExit(_exit_code(lambda: super(_Commands, self).main(*args, **kwargs)))


def _refuse_unknown(args: list[str], commands: Any) -> None:
    """`BadInput` if the first word is neither a command nor a preset or data to open."""
    from tui_lab.experiment.own_data import is_data
    from tui_lab.experiment.presets import find_preset, shipped_presets

    word = args[0]
    if is_data(word):
        return
    try:
        find_preset(word)
    except BadInput:
        hint = nearest(word, [*commands, *shipped_presets()]) or "; see tui-lab --help"
        raise BadInput(f'there is no command or preset "{visible(word, 60)}"{hint}') from None


def _exit_code(run: Callable[[], Any]) -> int:
    """Runs a command; whatever people can mend is one sentence on stderr."""
    try:
        return int(run() or DONE)
    except Failure as error:
        refused(str(error))
        return TRAINING_FAILED
    except BadInput as error:
        return refused(str(error))
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "tui-lab"
        said = " ".join(error.format_message().split()).rstrip(".")
        return refused(f"{said}; see {command} --help")
    except (click.Abort, KeyboardInterrupt):
        return SIGNALLED + signal.SIGINT
    except OSError as error:
        return refused(f"{error.filename or 'the output'}: {error.strerror or error}")


def refused(sentence: str) -> int:
    """Says what was wrong with the input; the exit code."""
    click.echo(f"tui-lab: {visible(sentence)}", err=True)
    return BAD_INPUT


@click.group(
    "tui-lab",
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="tui-lab", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A terminal lab for neural networks. `tui-lab [PRESET]` opens it; PRESET is a YAML file or
    the name of a shipped preset, or a table of your own. Without a terminal, it is trained instead.

    Examples: tui-lab digits; tui-lab penguins.csv
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(main.commands["lab"])
