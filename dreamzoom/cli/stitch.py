"""`dreamzoom stitch`."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamzoom.cli.console import resume_command, say
from dreamzoom.cli.films import is_film, refuse_given, stitch_film
from dreamzoom.cli.options import folder_argument
from dreamzoom.cli.shown import blurred, read_titles, retimed, titled
from dreamzoom.cli.targets import NamedPath, require_writable
from dreamzoom.cli.values import (
    UNDER_THE_SONG,
    parse_angle,
    parse_frame_rate,
    parse_range,
    parse_rounds,
    parse_seconds,
    parse_speed,
)
from dreamzoom.errors import RequestError, warn

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.film.words.titles import TitlePainter
    from dreamzoom.video.excerpt import Excerpt


@click.command()
@folder_argument
@click.option("-o", "--out", metavar="FILE", type=NamedPath(), help="An .mp4, .mov or .gif file.")
@click.option("--fps", metavar="RATE", type=parse_frame_rate, help="Frames a second.  [default: the clip's]")
@click.option("--audio", metavar="FILE", type=click.Path(path_type=Path), help="A song for the video.")
@click.option(
    "--start", metavar="TIME", type=parse_seconds, help="Where in FILE's song the video begins: 62, or 1:02."
)
@click.option("--fade-in", metavar="SECONDS", type=parse_seconds, help="How long the sound rises at first.")
@click.option("--fade-out", metavar="SECONDS", type=parse_seconds, help="How long the sound falls at last.")
@click.option(
    "--sound",
    metavar="HOW",
    type=click.Choice(["aac", "copy"]),
    help="How the song gets into the video: aac, or copy, as it is where that can be.  [default: the clip's]",
)
@click.option("--gif", is_flag=True, help="Make a GIF: DIR/clip.gif if no FILE is named.")
@click.option(
    "--frames", metavar="A:B", type=parse_range, help="From frame A to the one before B.  [default: all]"
)
@click.option(
    "--rounds",
    metavar="N|song",
    type=parse_rounds,
    help="Play a loop N times; song: until its song ends.  [default: 1]",
)
@click.option(
    "--speed",
    metavar="FACTOR",
    type=parse_speed,
    default="1",
    help="0.5 is half as fast, with new frames between; 2 leaves every other out.  [default: 1]",
)
@click.option(
    "--shutter",
    metavar="ANGLE",
    type=parse_angle,
    default="0",
    help="Motion blur: at 180 the shutter is open for half of each frame, at 360 for all.  [default: 0]",
)
@click.option(
    "--titles",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Lyrics or subtitles: .lrc, .srt or .vtt.",
)
@click.option("--no-recipe", is_flag=True, help="Do not tell in the file how it was made.")
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.pass_context
def stitch(ctx: click.Context, /, folder: Path, **options: Any) -> None:
    """Make a video or a GIF of the frames that the clip in DIR has: DIR/clip.mp4 if no FILE is named.

    A range of frames is half-open and counts from 0, as Python's slices do: 0:90 are the first 90 frames, 90:
    is the rest, -30: the last 30. A range, or another speed, goes to a FILE that you name.

    A loop is played once, or as often as --rounds says: with `--rounds song` it goes on under the whole song,
    and ends with it, wherever it is by then. That, too, goes to a FILE. A GIF goes round for ever as it is.

    Another speed needs no new dream: what lies between two frames follows from the camera's known motion.

    A shutter blurs what moves, as the camera's known motion tells, and what stands still stays sharp. Films
    and GIFs are blurred, stored frames never: the next dream goes on from them.

    The clip's own song goes with its frames, a range's with the range; --audio takes another. It is cut where
    the video ends, or followed by silence. A GIF has no sound.

    Titles are drawn over the pictures, at the song's times where there is one, and go to a FILE that you
    name.

    A video's sides are even: of an odd one the last row or column is left out. A GIF is 480 pixels wide at
    most and loops for ever; it runs at 50 frames a second at most, above that frames are left out.

    A film is put together again from its scenes: DIR/film.mp4.
    """
    if is_film(folder):
        refuse_given(ctx, "is of a clip: `dreamzoom deliver` makes other files of a film")
        stitch_film(folder)
        return
    from dreamzoom.clip.folder import open_clip

    film = _plan(open_clip(folder), _Options(**options))
    _tell_of_changes(film.clip)
    with _locked_if_within(film.clip, film.target):
        made = _make(film)
        _note(film)
    say(f"{film.target}: {made} frames")


@dataclass(frozen=True)
class _Options:
    """The command's options, by their names."""

    out: Path | None
    fps: Fraction | None
    audio: Path | None
    sound: str | None
    start: Fraction | None
    fade_in: Fraction | None
    fade_out: Fraction | None
    gif: bool
    frames: slice | None
    rounds: int | None
    speed: Fraction
    shutter: Fraction
    titles: Path | None
    no_recipe: bool
    force: bool

    @property
    def is_clips_own(self) -> bool:
        """Whether the whole clip is shown once, as fast and as it is."""
        return self.frames is None and self.rounds is None and self.speed == 1 and self.titles is None


@dataclass(frozen=True)
class _Film:
    """What is to be made: which frames of a clip, at what speed, how blurred, how shown, and where to.

    Those of a loop go on where it begins again, after its last one.
    """

    clip: ClipFolder
    frames: range
    speed: Fraction
    shutter: Fraction
    fps: Fraction
    song: Path | None
    excerpt: Excerpt
    keep_codec: bool
    target: Path
    is_part: bool
    has_own_fades: bool
    inscription: str | None
    titles: TitlePainter | None = None

    @property
    def is_gif(self) -> bool:
        """Whether it is to be a GIF."""
        return self.target.suffix.lower() == ".gif"


def _plan(clip: ClipFolder, options: _Options) -> _Film:
    """What the options ask for. Raises a RequestError where that cannot be."""
    if options.out is None and not options.gif and not options.is_clips_own:
        raise click.UsageError(
            "a part of the clip, several rounds, another speed or titles are no clip.mp4: name a file with -o"
        )
    from dreamzoom.recipe.inscription import inscribe_film

    count = len(clip.finished_frames())
    target = options.out or (clip.path / "clip.gif" if options.gif else clip.video_path)
    song = options.audio or clip.soundtrack_path
    fps = options.fps or clip.recipe.clip.fps
    frames = range(count)[options.frames or slice(None)]
    if options.rounds is not None:
        _require_rounds(clip, options)
        under_song = options.rounds == UNDER_THE_SONG
        frames = range(_frames_under(clip, options, song, fps) if under_song else options.rounds * count)
    keep_codec = (options.sound or clip.recipe.music.sound) == "copy"
    film = _Film(
        clip,
        frames,
        options.speed,
        options.shutter,
        fps,
        song,
        _excerpt(clip, frames, options),
        keep_codec,
        target,
        options.frames is not None or options.rounds == UNDER_THE_SONG,
        options.fade_in is not None or options.fade_out is not None,
        None if options.no_recipe else inscribe_film(clip.recipe, clip.takes[-1].first),
    )
    _require_fitting(film, options)
    if not frames:
        raise RequestError(f"{clip.path} has {count} frames, and that range holds none of them")
    return film if options.titles is None else replace(film, titles=_titles(film, options.titles))


def _titles(film: _Film, path: Path) -> TitlePainter:
    """What draws a file's lines; their times are the song's where the film has one."""
    if film.is_gif:
        raise RequestError(f"{film.target}: a GIF has no titles; leave out --titles, or make an .mp4")
    size, excerpt = film.clip.recipe.clip.size, film.excerpt
    frames = ceil(len(film.frames) / film.speed)
    shift = Fraction(0) if film.song is None else Fraction(excerpt.delay) - Fraction(excerpt.start)
    return read_titles(path, (size.width, size.height), film.fps, frames, shift)


def _require_rounds(clip: ClipFolder, options: _Options) -> None:
    """Raise a RequestError where the clip is no loop, or not finished, or a GIF is asked for."""
    from dreamzoom.footage.footage import is_whole_loop

    if options.frames is not None:
        raise click.UsageError("--rounds plays whole rounds: leave out --frames")
    if not clip.recipe.loop.is_closed:
        raise RequestError(
            f"{clip.path} is no loop: its last frame does not lead into its first; "
            "`dreamzoom render --loop 16` makes one, or --close 2"
        )
    if not is_whole_loop(clip):
        raise RequestError(
            f"{clip.path} is not finished, and comes round only then: {resume_command(clip.path)}"
        )
    if options.gif or (options.out and options.out.suffix.lower() == ".gif"):
        raise RequestError("a GIF goes round for ever: leave out --rounds, or make an .mp4")


def _frames_under(clip: ClipFolder, options: _Options, song: Path | None, fps: Fraction) -> int:
    """How many frames of a loop go by while its song lasts.

    Raises:
        RequestError, SoundError: it has none, or one that cannot be used.
    """
    from dreamzoom.video.sound import frames_for, measure_sound, read_sound

    if song is None:
        raise RequestError(f"{clip.path} has no song: name one with --audio, or a number with --rounds")
    sound = measure_sound(song) if song == clip.soundtrack_path else read_sound(song)
    lasts = _excerpt(clip, range(clip.recipe.clip.frames), options).end(sound.duration)
    return max(1, round(frames_for(lasts, fps) * options.speed))


def _excerpt(clip: ClipFolder, frames: range, options: _Options) -> Excerpt:
    """Which part of its song the film has: that of its frames, or of another song what the options say."""
    from dreamzoom.video.excerpt import Excerpt, excerpt_of

    excerpt = Excerpt()
    if options.audio is None and clip.soundtrack_path is not None and frames:
        begin, is_last = frames[0] / clip.recipe.clip.fps, frames[-1] >= clip.recipe.clip.frames - 1
        excerpt = excerpt_of(clip.recipe.music).of_range(begin, is_last=is_last)
    asked: dict[str, Any] = {"start": options.start, "fade_in": options.fade_in, "fade_out": options.fade_out}
    return replace(excerpt, **{name: value for name, value in asked.items() if value is not None})


def _require_fitting(film: _Film, options: _Options) -> None:
    """Raise a RequestError where the file's kind cannot be what is asked for, or the file is another's."""
    target = film.target
    if options.gif and not film.is_gif:
        raise RequestError(f"{target}: a GIF's name must end in .gif")
    if film.is_gif and film.speed != 1:
        raise RequestError(f"{target}: a GIF has the clip's own speed; leave out --speed, or make an .mp4")
    fades = (options.fade_in, options.fade_out)
    if film.is_gif and (options.audio or options.sound or any(fades)):
        raise RequestError(f"{target}: a GIF has no sound; leave out all that is about it, or make an .mp4")
    if options.start is not None and options.audio is None:
        raise click.UsageError(
            "--start is of a song that --audio names: the clip's own begins where its frames do"
        )
    if any(fades) and film.song is None:
        raise click.UsageError("--fade-in and --fade-out are of a song: name one with --audio")
    # What we made ourselves may be replaced, other files not unasked.
    ours = {film.clip.video_path, film.clip.path / "clip.gif"}
    if target not in ours:
        require_writable(target, force=options.force, may_join_clip=True)


def _locked_if_within(clip: ClipFolder, target: Path) -> AbstractContextManager[None]:
    """The clip's lock, if the film goes into its folder: whoever renders there removes unfinished files."""
    from dreamzoom.clip.lock import writing

    inside = target.absolute().parent.resolve() == clip.path.resolve()
    return writing(clip.path) if inside else contextlib.nullcontext()


def _make(film: _Film) -> int:
    """Make it, and tell how many frames it has."""
    from dreamzoom.cli.console import progress
    from dreamzoom.video.gif import make_gif
    from dreamzoom.video.stitch import stitch as make_video

    count = film.clip.recipe.clip.frames
    paths = [film.clip.frame_path(frame % count) for frame in film.frames]
    if film.is_gif:
        count, pictures = blurred(film.clip, film.frames, film.fps, film.shutter)
    else:
        count, pictures = retimed(film.clip, film.frames, film.speed, film.shutter)
    sounds = _has_sound(film, count)
    if film.titles is not None:
        pictures = titled(film.titles, paths, pictures)
    with progress(count, str(film.target)) as advance:
        if film.is_gif:
            make_gif(
                paths,
                film.target,
                film.fps,
                inscription=film.inscription,
                pictures=pictures,
                on_frame=advance,
            )
        else:
            make_video(
                paths,
                film.target,
                film.fps,
                film.song if sounds else None,
                keep_codec=film.keep_codec,
                excerpt=film.excerpt,
                inscription=film.inscription,
                pictures=pictures,
                on_frame=advance,
            )
    return count


def _has_sound(film: _Film, count: int) -> bool:
    """Whether the film of `count` frames has sound. A person is warned of what it will not have."""
    own, excerpt = film.clip.soundtrack_path, film.excerpt
    if film.is_gif or film.song is None:
        if own is not None:
            warn(f"{film.target} has no sound: a GIF holds none")
        return False
    from dreamzoom.video.sound import measure_sound, read_sound

    sound = measure_sound(film.song) if film.song == own else read_sound(film.song)
    lasts, length = excerpt.end(sound.duration), count / film.fps
    if lasts <= excerpt.delay or excerpt.delay >= length:
        why = "has ended before" if lasts <= excerpt.delay else "begins only later"
        warn(f"{film.target} has no sound: {film.song} {why}")
        return False
    sounds, fades = min(lasts, length) - excerpt.delay, excerpt.fade_in + excerpt.fade_out
    if film.has_own_fades and fades > sounds:
        raise RequestError(
            f"the sound lasts {float(sounds):.2f} s, and its fades take {float(fades):g} s: make them shorter"
        )
    told = f"{film.song} lasts {float(lasts):.2f} s"
    if lasts > length + 1 / film.fps and not _is_cut_by_its_recipe(film):
        warn(f"{told} and is cut where the film ends, after {float(length):.2f} s")
    elif lasts < length - 1 / film.fps:
        warn(f"{told}, and the film {float(length):.2f} s: the rest of it is silent")
    return True


def _is_cut_by_its_recipe(film: _Film) -> bool:
    """Whether the film ends where its clip does, or a person has said where: that cuts the song too."""
    recipe = film.clip.recipe
    is_own = film.song == film.clip.soundtrack_path and film.fps == recipe.clip.fps and film.speed == 1
    return is_own and (film.is_part or film.frames[-1] == recipe.clip.frames - 1)


def _tell_of_changes(clip: ClipFolder) -> None:
    """Say what is not as it was made: the film shows what there is."""
    from dreamzoom.clip.status import frames_of_other_sizes
    from dreamzoom.clip.vouch import changed_since

    for fault in [*changed_since(clip, hashed=False), *frames_of_other_sizes(clip)]:
        warn(fault)


def _note(film: _Film) -> None:
    """Note the clip's own video, so that the clip knows it again."""
    from dreamzoom.clip.note import note_video

    if film.target.absolute() == film.clip.video_path.absolute():
        note_video(film.target, film.clip.journal(), film.frames if film.speed == 1 else ())
