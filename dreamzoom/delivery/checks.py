"""What does not fit a target, each fault in one line with what would fit: told together, before any work."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from dreamzoom.delivery.order import Order
from dreamzoom.delivery.screening import Screening
from dreamzoom.delivery.targets import Limits, Target
from dreamzoom.footage.wanted import AskedSound, UnfitError
from dreamzoom.video.binary import Ffmpeg

_ASPECT_TOLERANCE: Final = 0.02  # of the aspect: sides are whole and often even
_PORTRAIT: Final = Fraction(9, 16)


def faults_of_order(ffmpeg: Ffmpeg, order: Order) -> Iterator[str]:
    """What of an order does not fit, with what would: each in a line."""
    yield from _encoder_faults(ffmpeg, order)
    yield from _length_faults(order.target, order.screening)
    yield from _rate_faults(order.target, order.screening.fps)
    yield from _stretch_faults(order.screening)
    yield from _size_faults(order.target, order.picture_size)


def faults_of_additions(
    target: Target, asked: AskedSound, *, has_words: bool, is_silent: bool
) -> Iterator[UnfitError]:
    """What of another song, its fades and words over the pictures a target cannot have.

    Args:
        has_words: whether a file of words is to be drawn over the pictures.
        is_silent: whether the song is to be left out.
    """
    options, name = asked.options, _capital(target)
    if options and target.sound is None:
        has_none = "Pictures in a folder have" if not target.suffix else f"{name} has"
        told = f"{has_none} no sound"
        yield UnfitError(f"{told}: leave out {', '.join(options)}", told)
    elif options and is_silent:
        told = "there is no other song, and no fade, where the song is left out"
        yield UnfitError(f"{told}: leave out --silent, or {', '.join(options)}", told)
    if has_words and not target.suffix:
        told = "Pictures in a folder are for a program that draws words itself"
        yield UnfitError(f"{told}: leave out --titles, or make a video, --for master", told)


def doubts_of_order(order: Order) -> Iterator[str]:
    """What of an order fits, and yet could fit better: each in a line."""
    best, (width, height) = order.target.limits.best_aspect, order.picture_size
    if best is not None and not _has_aspect(width, height, best):
        yield (
            f"{_capital(order.target)} is shown best in {best[0]}:{best[1]}, and this is {width}x{height}: "
            f"{_advice_on_aspect(best)} re-frames it"
        )


def _encoder_faults(ffmpeg: Ffmpeg, order: Order) -> Iterator[str]:
    target = order.target
    wanted = [target.video.encoder, *([target.sound.encoder] if target.sound and order.has_sound else [])]
    lacking = [name for name in wanted if name not in ffmpeg.every_encoder]
    if lacking:
        yield (
            f"{ffmpeg.path} lacks {' and '.join(lacking)}, which {target.title} needs: "
            "`pip install imageio-ffmpeg` brings one that has it"
        )


def _length_faults(target: Target, screening: Screening) -> Iterator[str]:
    if target.limits.seconds is None:
        return
    least, most = target.limits.seconds
    if least <= screening.length <= most:
        return
    what = "this loop" if screening.programme.is_loop else "this"
    yield (
        f"{_capital(target)} lasts {_span(least, most)} s; {what} has {_number(screening.length)}: "
        f"{_advice_on_length(screening, least, most)}"
    )


def _advice_on_length(screening: Screening, least: Fraction, most: Fraction) -> str:
    count = len(screening.frames)
    if screening.length > most:
        return _advice_on_shortening(screening, most)
    rounds = math.ceil(least / screening.length) if count else 1
    if screening.programme.is_loop and rounds * screening.length <= most:
        return f"--rounds {rounds}"
    shown = math.ceil(least * screening.programme.fps)
    return f"render {math.ceil(shown * screening.programme.pace)} frames or more"


def _advice_on_shortening(screening: Screening, most: Fraction) -> str:
    """A loop stays one where it is played less often, or faster; a part of it does not.

    Parts are told in frames of what a programme comes from, which go by at its pace.
    """
    programme = screening.programme
    wanted, once = math.floor(most * programme.fps), programme.count / programme.fps
    first = programme.begins + math.floor(screening.frames[0] * programme.pace)
    part = f"--frames {first}:{first + max(1, math.floor(wanted * programme.pace))}"
    if not programme.is_loop or screening.length < once:
        return part
    if once <= most:
        return f"--rounds {math.floor(most / once)}"
    return f"--speed {programme.pace * programme.count / wanted}, or {part}, which is no loop"


def _rate_faults(target: Target, fps: Fraction) -> Iterator[str]:
    limits = target.limits
    if limits.only_rates and fps not in limits.only_rates:
        nearest = min(limits.only_rates, key=lambda rate: abs(rate - fps))
        rates = ", ".join(_rate(rate) for rate in limits.only_rates)
        yield (
            f"{_capital(target)} runs at {rates} frames a second and not at {_rate(fps)}: "
            f"--fps {_rate(nearest)}"
        )
    if limits.rates is not None and not limits.rates[0] <= fps <= limits.rates[1]:
        yield (
            f"{_capital(target)} runs at {_span(*limits.rates)} frames a second and not at {_rate(fps)}: "
            f"--fps {_rate(_rate_within(fps, *limits.rates))}"
        )


def _rate_within(fps: Fraction, slowest: Fraction, fastest: Fraction) -> Fraction:
    """The rate nearest to another that shows each frame equally often or every so many."""
    if fps < slowest:
        return fps * math.ceil(slowest / fps)
    return fps / math.ceil(fps / fastest)


def _stretch_faults(screening: Screening) -> Iterator[str]:
    (width, height), size = screening.programme.size, screening.size
    if size is None or _has_aspect(*size, (width, height)):
        return
    yield (
        f"--size {size[0]}x{size[1]} would stretch what is {width}x{height}: "
        f"--size {round(width * size[1] / height / 2) * 2}x{size[1]}"
    )


def _size_faults(target: Target, size: tuple[int, int]) -> Iterator[str]:
    (width, height), limits = size, target.limits
    if limits.aspect is not None and not _has_aspect(width, height, limits.aspect):
        yield (
            f"{_capital(target)} is {limits.aspect[0]}:{limits.aspect[1]}, and this is {width}x{height}: "
            f"{_advice_on_aspect(limits.aspect)}"
        )
        return
    fits = _fitting_size(limits, target, size)
    if fits != size:
        yield (
            f"{_capital(target)} takes {_sizes(limits, target)}, and this is {width}x{height}: "
            f"--size {fits[0]}x{fits[1]}"
        )


def _has_aspect(width: int, height: int, aspect: tuple[int, int]) -> bool:
    wanted = aspect[0] / aspect[1]
    return abs(width / height / wanted - 1) <= _ASPECT_TOLERANCE


def _advice_on_aspect(aspect: tuple[int, int]) -> str:
    if Fraction(*aspect) == _PORTRAIT:
        return "--portrait"
    return (
        "--square" if aspect[0] == aspect[1] else f"render it at {aspect[0]}:{aspect[1]}, such as 1920x1080"
    )


def _fitting_size(limits: Limits, target: Target, size: tuple[int, int]) -> tuple[int, int]:
    """A size of the same aspect that fits, as near to `size` as can be."""
    if limits.only_sizes:
        return min(limits.only_sizes, key=lambda other: abs(other[0] - size[0]))
    shorter, longer = min(size), max(size)
    least, most = limits.sides or (1, longer)
    grow = max(least / shorter, target.video.smallest[0] / size[0], target.video.smallest[1] / size[1], 1.0)
    shrink = min(most / longer, 1.0)
    scale = grow if grow > 1 else shrink
    if scale == 1:
        return size
    step = target.video.multiple
    rounding = math.ceil if scale > 1 else math.floor
    return (rounding(size[0] * scale / step) * step, rounding(size[1] * scale / step) * step)


def _sizes(limits: Limits, target: Target) -> str:
    if limits.only_sizes:
        return " or ".join(f"{width}x{height}" for width, height in limits.only_sizes)
    if limits.sides is not None:
        return f"sides of {limits.sides[0]} to {limits.sides[1]} pixels"
    return f"{target.video.smallest[0]}x{target.video.smallest[1]} pixels or more"


def _capital(target: Target) -> str:
    return target.title[0].upper() + target.title[1:]


def _span(least: Fraction, most: Fraction) -> str:
    return f"{_number(least)} to {_number(most)}"


def _number(value: Fraction) -> str:
    return f"{float(value):.4g}" if value < 10_000 else f"{round(value)}"


def _rate(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else str(value)
