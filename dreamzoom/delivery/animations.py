"""Pictures that move without a player: GIF and WebP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from dreamzoom.delivery.encode import feed, output_of
from dreamzoom.delivery.order import Order
from dreamzoom.errors import VideoError
from dreamzoom.io.files import part_of, publish, remove_leftovers
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command
from dreamzoom.video.gif import frame_length, kept_frames, palette_step, write_gif

_MOST_CHUNKS: Final = 1_000_000


@dataclass(frozen=True)
class Animation:
    """What an animated WebP says of itself.

    Attributes:
        frames: how many pictures it has; equal neighbours are one.
        length: seconds of a round; 0 of a picture that stands still.
        rounds: how often it is played; 0 is for ever.
    """

    frames: int
    length: Fraction
    rounds: int


def deliver_gif(order: Order, on_frame: Callable[[], object] = lambda: None) -> None:
    """Make a GIF, as `write_gif` does; what is there is replaced, but only by a whole one.

    Above 50 frames a second some are left out.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed.
    """
    screening = order.screening
    shown = kept_frames(len(screening.frames), screening.fps)
    write_gif(
        order.path,
        screening.programme.size,
        screening.fps / frame_length(screening.fps),
        palette_of=screening.pictures(shown[:: palette_step(len(shown))]),
        pictures=screening.pictures(shown),
        width=order.picture_size[0],
        inscription=order.inscription,
        on_frame=on_frame,
    )


def deliver_webp(ffmpeg: Ffmpeg, order: Order, on_frame: Callable[[], object] = lambda: None) -> Animation:
    """Make an animated WebP that loops for ever, read it back, and give it its name if it is whole.

    Where every frame is the same, or there is one alone, the encoder writes a picture that stands still.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed, or made something else.
    """
    path = order.path
    remove_leftovers(path.parent, path.name)
    with part_of(path) as part:
        feed(command(ffmpeg, output_of(ffmpeg, order, part)), path, order.screening.pictures(), on_frame)
        found = read_webp(part)
        is_still = found.frames == 1 and found.length == 0
        late = 0 if is_still else abs(found.length - order.screening.length)
        if found.frames == 0 or found.rounds != 0 or late > 1 / order.screening.fps:
            raise VideoError(
                f"{path} was not made: it would last {float(found.length):.2f} s of "
                f"{float(order.screening.length):.2f}"
            )
        publish(part, path)
    return found


def read_webp(path: Path) -> Animation:
    """What a WebP says of itself: RIFF chunks ANIM and ANMF, or one picture (RFC 9649, 2.5 to 2.7)."""
    frames, length, rounds = 0, 0, 1
    for name, head in _chunks(path):
        if name == b"ANIM":
            rounds = int.from_bytes(head[4:6], "little")
        elif name == b"ANMF":
            frames += 1
            length += int.from_bytes(head[12:15], "little")
        elif name in (b"VP8 ", b"VP8L"):
            frames, rounds = 1, 0
    return Animation(frames, Fraction(length, 1000), rounds)


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The names of a RIFF file's chunks, and their first bytes."""
    with path.open("rb") as file:
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(24)
            if len(head) < 8:
                return
            yield head[:4], head[8:]
            size = int.from_bytes(head[4:8], "little")
            at += 8 + size + size % 2
