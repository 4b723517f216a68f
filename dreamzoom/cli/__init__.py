"""The command line: it parses, calls the library, and turns errors into messages and exit statuses.

Commands load when they are used, so that `dreamzoom --help` and `dreamzoom status` answer at once. Each lives
in the file of its name, and some in another's:

    resume      also extend
    status      also verify
    presets     also recipe
    batches     the many pictures of one `dream`
    options     the options that decide a recipe, shared by commands
    given       what was given, as parts of a recipe
    help        options under headings in `--help`
    misread     options that there are not, or that lack their value
    loading     torch, loaded sooner
    values      what the text of other options stands for
    cluster     work on a Dask cluster
    films       films, for commands that take clips too
    orders      the files that `deliver` makes
    foreseen    what the making of a film would do
    targets     files to write: none of a person's is replaced unasked
    console     progress, signals, and running a clip to its end
    streams     stdin, stdout and stderr, there whatever was closed
"""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from pathlib import Path
from traceback import format_exc

import click

from dreamzoom._version import __version__
from dreamzoom.cli.console import Interruption, say, warnings_told
from dreamzoom.cli.misread import explain, require_values
from dreamzoom.cli.streams import dependable_streams
from dreamzoom.engines.torch.process import let_waiting_threads_sleep
from dreamzoom.errors import DreamzoomError, nearest, shell_word

# Each command: the file it lives in, and its line in `dreamzoom --help`.
_COMMANDS = {
    "render": ("render", "Dream a zoom video; the same command again resumes it."),
    "resume": ("resume", "Go on with an interrupted clip."),
    "extend": ("resume", "Make a clip longer."),
    "film": ("film", "Make a music video of pictures and a song, or of a storyboard."),
    "fork": ("fork", "Make another take of a clip, sharing what comes before the change."),
    "adopt": ("adopt", "Go on from a frame that you retouched."),
    "status": ("status", "How far a clip is."),
    "verify": ("status", "Hash every frame of a clip again."),
    "stitch": ("stitch", "Make a video or a GIF of a clip's frames."),
    "deliver": ("deliver", "Make the file that YouTube, an editor or a browser wants."),
    "farm": ("farm", "Have more than one machine make a film or many clips."),
    "studio": ("studio", "Direct clips and films in the browser."),
    "dream": ("dream", "Dream pictures; a Unix filter."),
    "atlas": ("atlas", "Dream a picture for every layer of a model."),
    "looks": ("looks", "See a picture in every look, as small moving pictures."),
    "presets": ("presets", "Show the presets there are."),
    "recipe": ("presets", "Show the keys of a recipe, with defaults and meanings."),
    "layers": ("layers", "Show what a model can dream from."),
    "models": ("models", "Show the models there are, and download them."),
    "plot": ("plot", "Draw a recipe's tracks over time."),
    "listen": ("listen", "Show what is heard of a song, and write it down to be edited."),
    "report": ("report", "Write a page about a clip: frames, curves, faults."),
    "doctor": ("doctor", "Check this machine, and say what to do about what is missing."),
    "guide": ("guide", "Read the guide: pages with examples."),
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"dreamzoom.cli.{_COMMANDS[cmd_name][0]}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise explain(error) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            hint = _dreaming(args[0]) or nearest(args[0], _COMMANDS)
            ctx.fail(f"No such command {args[0]!r}{hint}")
        name, command, left = super().resolve_command(ctx, args)
        if command is not None:
            require_values(command, left, click.Context(command, info_name=name, parent=ctx))
        return name, command, left


def _dreaming(word: str) -> str:
    """A hint for who names a picture and no command."""
    try:
        if not Path(word).is_file():
            return ""
    except OSError:  # it is too long for a name, say
        return ""
    name = shell_word(word)
    return f"; `dreamzoom render {name}` makes a zoom video of it, `dreamzoom dream {name} -o FILE` a picture"


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="dreamzoom")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Dream zoom videos: a network exaggerates what it sees in a picture, again and again, and you fall for
    ever.

    `dreamzoom render --frames 300` makes a first clip in ./dream.
    """
    ctx.with_resource(warnings_told())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the run failed, 2 a wrong request, 130 interrupted."""
    let_waiting_threads_sleep()
    interruption = Interruption()
    # From the first moment on, SIGTERM ends the program as Ctrl-C does: process 1 of a container would not
    # even notice it without a handler.
    signal.signal(signal.SIGTERM, interruption)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # in the background it is ignored
        signal.signal(signal.SIGINT, interruption)
    words = list(sys.argv[1:] if arguments is None else arguments)
    with dependable_streams():
        status = _run(words, interruption, debug=bool(words) and words[0] == "--debug")
    sys.exit(status)


def _run(words: list[str], interruption: Interruption, *, debug: bool) -> int:
    try:
        result = cli.main(words, prog_name="dreamzoom", standalone_mode=False)
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        _say_lines(shown.getvalue())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", 130)
    except BrokenPipeError:
        return 1  # whoever read our output has gone, as `head` does, and there is nobody to say it to
    except Exception as error:  # noqa: BLE001 - the last line of defence
        if debug:
            _say_lines(format_exc())
        if interruption.came and not isinstance(error, DreamzoomError):
            return _say("interrupted", 130)  # within an import, which made this of it
        return _say(*_explain(error))
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> tuple[str, int]:
    """What to say of an error, and the exit status: of what no other place foresaw, too."""
    if isinstance(error, DreamzoomError):
        return str(error), error.exit_status
    if isinstance(error, MemoryError):
        return "memory ran out: use a smaller --size, or close other programs, and run it again", 1
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        wrong_name = error.errno in {errno.ENAMETOOLONG, errno.ELOOP}
        what = f"{_shorten(str(error.filename))} cannot be used: {error.strerror}; mend that and try again"
        return what, 2 if wrong_name else 1
    where = "run it again as `dreamzoom --debug ...` to see where, and please report it"
    return f"internal error: {type(error).__name__}: {' '.join(str(error).split())}; {where}", 1


def _shorten(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:60]}…{name[-30:]}"


def _say(message: str, status: int) -> int:
    say(f"dreamzoom: {message}")
    return status


def _say_lines(text: str) -> None:
    for line in text.rstrip("\n").split("\n"):
        say(line)
