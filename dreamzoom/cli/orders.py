"""What `deliver` was asked for, as orders: all of them are checked and tried out, then made and told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.films import is_film
from dreamzoom.cli.options import require_titles
from dreamzoom.cli.targets import require_writable
from dreamzoom.delivery.targets import Target
from dreamzoom.errors import RequestError, shell_word, warn
from dreamzoom.footage.wanted import AskedSound
from dreamzoom.stitching.wanted import UNDER_THE_SONG

if TYPE_CHECKING:
    from dreamzoom.delivery.order import Order
    from dreamzoom.delivery.planning import Measure
    from dreamzoom.footage.programme import Programme
    from dreamzoom.video.binary import Ffmpeg


@dataclass(frozen=True)
class DeliveryWish:
    """The options of `deliver`, by their names."""

    targets: tuple[Target, ...]
    out: Path | None
    frames: slice | None
    rounds: int | None
    fps: Fraction | None
    speed: Fraction
    shutter: Fraction
    size: tuple[int, int] | None
    portrait: bool
    square: bool
    aspect: tuple[int, int] | None
    titles: Path | None
    font: Path | None
    audio: Path | None
    start: Fraction | None
    fade_in: Fraction | None
    fade_out: Fraction | None
    loudness: float | None
    silent: bool
    no_recipe: bool
    force: bool

    @property
    def asked(self) -> AskedSound:
        """What is asked for of the sound."""
        return AskedSound(self.audio, self.start, self.fade_in, self.fade_out)


def deliver_files(folder: Path, options: DeliveryWish) -> None:
    """Check all files that are asked for, try each out, then make them and tell of each.

    Args:
        folder: of a clip or film.

    Raises:
        UsageError: two options ask for what cannot be both.
        RequestError: naming all that is wrong with the files.
    """
    from dreamzoom.delivery.checks import doubts_of_order, faults_of_additions, faults_of_order
    from dreamzoom.delivery.loudness import require_level
    from dreamzoom.delivery.making import try_order
    from dreamzoom.video.ffmpeg import find_ffmpeg
    from dreamzoom.video.sound import measure_sound

    if options.out is not None and len(options.targets) > 1:
        raise click.UsageError("-o names one file, and --for is given more than once: leave -o out")
    require_titles(options.titles, options.font)
    if options.loudness is not None:
        require_level(options.loudness)
    opened, chosen = _open(folder, options)
    programme, asked = _reframed(opened, options), options.asked
    asked.require_song(programme.song)
    measure, targets = lru_cache(measure_sound), tuple(dict.fromkeys(options.targets))
    planned = [_order(programme, chosen, target, options, measure) for target in targets]
    orders = [order for order, _ in planned]
    folders = {order.path.parent for order in orders}
    ffmpeg = find_ffmpeg(*folders, *([song] if (song := asked.song or programme.song) else []))
    has_words, is_silent = options.titles is not None, options.silent
    faults = [
        str(fault)
        for target in targets
        for fault in faults_of_additions(target, asked, has_words=has_words, is_silent=is_silent)
    ]
    faults += [fault for order in orders for fault in faults_of_order(ffmpeg, order)]
    faults += [fault for order in orders for fault in _faults_of_path(order, force=options.force)]
    if faults:
        raise RequestError("; ".join(dict.fromkeys(faults)))
    doubts = [doubt for _, doubts in planned for doubt in doubts]
    for order in orders:
        doubts += [*_doubts_of_film(opened, order), *doubts_of_order(order)]
    for doubt in dict.fromkeys(doubts):
        warn(doubt)
    for order in orders:
        try_order(ffmpeg, order)
    for order in [_levelled(ffmpeg, order, options.loudness) for order in orders]:
        _tell(order, _make(ffmpeg, order))


def _open(folder: Path, options: DeliveryWish) -> tuple[Programme, slice]:
    """The film or clip in a folder, and which of its frames are shown; at another speed they are its own.

    A person is warned of what is not as it was made.
    """
    chosen = options.frames or slice(None)
    is_retimed = options.speed != 1 or options.shutter != 0
    if is_film(folder):
        from dreamzoom.film.programme import open_programme

        if is_retimed:
            raise click.UsageError(
                f"{folder} is a film, made for its song: --speed and --shutter are of a clip"
            )
        _require_as_told(folder, options)
        programme: Programme = open_programme(folder)
        _require_some(programme, chosen)
        return programme, chosen
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.status import frames_of_other_sizes
    from dreamzoom.clip.vouch import changed_since
    from dreamzoom.footage.clips import ClipProgramme
    from dreamzoom.footage.retimed import RetimedProgramme

    clip = open_clip(folder)
    programme, wanted = ClipProgramme(clip), clip.recipe.clip.frames
    for fault in [*changed_since(clip, hashed=False), *frames_of_other_sizes(clip)]:
        warn(fault)
    if 0 < programme.count < wanted:
        warn(f"{folder} has {programme.count} of its {wanted} frames: those are delivered")
    frames = _require_some(programme, chosen)
    if is_retimed:
        return RetimedProgramme(clip, frames, options.speed, options.shutter), slice(None)
    return programme, chosen


def _require_as_told(film: Path, options: DeliveryWish) -> None:
    """Raise a UsageError where a film is to have another song, or words: its storyboard tells of those."""
    sound, words = options.asked.options, ("--titles",) if options.titles else ()
    if sound or words:
        tables = " and ".join([*(["[soundtrack]"] if sound else []), *(["[lyrics]"] if words else [])])
        raise click.UsageError(
            f"{film} is a film, whose storyboard tells its song and its words: instead of "
            f"{', '.join([*sound, *words])} change {tables} in {film / 'storyboard.toml'}, then "
            f"`dreamzoom resume {shell_word(str(film))}`"
        )


def _require_some(programme: Programme, chosen: slice) -> range:
    """The frames that are chosen. Raises a RequestError where there are none."""
    frames = range(programme.count)[chosen]
    if not frames:
        raise RequestError(
            f"{programme.path} has {programme.count} frames, and that range holds none of them"
        )
    return frames


def _reframed(programme: Programme, options: DeliveryWish) -> Programme:
    """The programme in the shape that is asked for; a person is warned where that enlarges it much."""
    from dreamzoom.delivery.reframing import ReframedProgramme
    from dreamzoom.delivery.shapes import enlargement_doubt, has_shape, size_of_shape

    flags = {"--portrait": options.portrait, "--square": options.square, "--aspect": options.aspect}
    asked = [name for name, is_given in flags.items() if is_given]
    if len(asked) > 1:
        raise click.UsageError(f"{' and '.join(asked)} are two shapes: leave one of them out")
    shape = options.aspect or ((9, 16) if options.portrait else (1, 1) if options.square else None)
    if shape is None:
        return programme
    size = options.size or size_of_shape(*shape)
    if not has_shape(size, shape):
        raise click.UsageError(
            f"{asked[0]} and --size {size[0]}x{size[1]} are two shapes: leave one of them out"
        )
    if has_shape(programme.size, shape):
        return programme
    if doubt := enlargement_doubt(programme.size, size):
        warn(doubt)
    return ReframedProgramme(programme, size)


def _order(
    programme: Programme, chosen: slice, target: Target, options: DeliveryWish, measure: Measure
) -> tuple[Order, tuple[str, ...]]:
    """What is made for a target, and what a person should know of it.

    Args:
        measure: what tells what a song is.
    """
    from dreamzoom.delivery.order import Order
    from dreamzoom.delivery.planning import Rounds, excerpt_shown, plan_frames, plan_sound
    from dreamzoom.delivery.screening import Screening
    from dreamzoom.film.words.over import with_words

    if options.rounds is not None and options.frames is not None:
        raise click.UsageError("--rounds plays whole rounds: leave out --frames")
    rounds: Rounds = "song" if options.rounds == UNDER_THE_SONG else options.rounds
    asked, doubts, heard = options.asked, list[str](), None
    frames = plan_frames(programme, chosen, options.fps, rounds, asked=asked, measure=measure)
    screening = Screening(programme, frames, options.fps or programme.fps, options.size)
    path = options.out or _beside(programme.path, f"-{target.name}{target.suffix}")
    if not options.silent and target.sound is not None:
        heard, more = plan_sound(screening, chosen, path, asked=asked, measure=measure)
        doubts += more
    if options.titles is not None:
        excerpt = excerpt_shown(programme, chosen, asked)
        screening, more = with_words(screening, options.titles, target, excerpt, font=options.font)
        doubts += more
    inscription = None if options.no_recipe else programme.inscription
    return Order(target, screening, heard, path, inscription), tuple(doubts)


def _doubts_of_film(opened: Programme, order: Order) -> Iterator[str]:
    """What a person should know of the words in a film's pictures; nothing of a clip, which has none."""
    from dreamzoom.film.programme import FilmProgramme
    from dreamzoom.film.words.safe import doubts_of_titles

    if isinstance(opened, FilmProgramme):
        yield from doubts_of_titles(opened.titles, opened.size, order.screening, order.target)


def _faults_of_path(order: Order, *, force: bool) -> Iterator[str]:
    """Why a file must not be written there."""
    path, suffix = order.path, order.target.suffix
    if suffix and path.suffix.lower() != suffix:
        yield f"{path}: the name of what is for {order.target.title} ends in {suffix}"
    if suffix and not path.parent.is_dir():
        yield f"{path}: there is no folder {path.parent}: make it, or name another"
    if not suffix and path.exists() and (not path.is_dir() or any(path.iterdir())):
        yield f"{path} is there already: name a new folder with -o"
        return
    try:
        require_writable(path if suffix else path / "000000.png", force=force)
    except RequestError as error:
        yield str(error)


def _beside(folder: Path, ending: str) -> Path:
    """A file beside a folder, called by it."""
    named = folder if folder.name and folder.name != ".." else folder.resolve()
    return named.with_name(named.name + ending)


def _levelled(ffmpeg: Ffmpeg, order: Order, level: float | None) -> Order:
    """The order with its sound brought to a level, if one is asked for. How loud it is, is told."""
    from dreamzoom.delivery.loudness import (
        Coding,
        find_levelling,
        measure_loudness,
        tell_levelled,
        tell_loudness,
    )

    target, heard = order.target, order.heard
    if heard is None or target.sound is None:
        if level is not None:
            warn(f"{order.path} has no sound: --loudness is not used")
        return order
    rate = target.sound.rate
    stream = heard.stream(rate)
    if level is None:
        say(tell_loudness(measure_loudness(ffmpeg, stream), target.title, target.plays_at))
        return order
    say(f"{order.path}: its sound is brought to {level:g} LUFS, encoded and measured again and again")
    coding = Coding(target.sound.encoder, target.sound.bit_rate)
    samples = (rate, round(heard.length * rate))
    found = find_levelling(ffmpeg, stream, samples, coding, level=level, target=order.path)
    say(tell_levelled(found))
    return replace(order, heard=replace(heard, levelling=found.levelling))


def _make(ffmpeg: Ffmpeg, order: Order) -> int:
    """Make it, and tell how many bytes it has."""
    from dreamzoom.cli.console import progress
    from dreamzoom.delivery.making import make_order

    with progress(len(order.screening.frames), str(order.path)) as advance:
        return make_order(ffmpeg, order, advance)


def _tell(order: Order, size: int) -> None:
    (width, height), target = order.picture_size, order.target
    words = [target.video.title, f"{width}x{height}", f"{float(order.screening.length):.2f} s"]
    if order.has_sound and target.sound is not None:
        words.insert(1, target.sound.title)
    say(f"{order.path}: for {target.title}: {', '.join(words)}, {size:,} bytes; read back, and right")
