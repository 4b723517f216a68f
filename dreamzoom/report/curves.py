"""Which curves there are of a clip, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dreamzoom.plot.samples import Sampled
from dreamzoom.report.charts import Curve
from dreamzoom.report.frames import Look
from dreamzoom.report.gather import Report
from dreamzoom.report.measures import REPEAT_FRAMES


def curves_of(report: Report) -> list[Curve]:
    """The curves that have a point at least."""
    curves = [
        *_picture_curves(report),
        *_motion_curves(report.looks),
        *_journal_curves(report),
        *_target_curves(report),
    ]
    return [curve for curve in curves if curve.points]


def _picture_curves(report: Report) -> list[Curve]:
    start = report.start
    return [
        Curve(
            "Brightness",
            "Mean of all values, 0 to 255.",
            _points(report.looks, lambda look: look.brightness),
            "{:.1f}",
            span=40,
            reference=None if start is None else (start.brightness, "start image"),
        ),
        Curve(
            "Contrast",
            "Standard deviation of all values, in multiples of the start image's.",
            _points(report.looks, lambda look: look.contrast),
            "{:.2f}",
            span=0.5,
            reference=(1.0, "start image"),
        ),
        Curve(
            "Clipped",
            "Share of the values that are black or white to the last grey level.",
            _points(report.looks, lambda look: look.clipped * 100),
            "{:.2f} %",
            shown=(0.0,),
            span=2,
        ),
    ]


def _motion_curves(looks: Iterable[Look]) -> list[Curve]:
    return [
        Curve(
            "Flicker",
            "Mean difference from the frame before as the camera moved it, in grey levels.",
            _points(looks, lambda look: look.flicker),
            "{:.2f}",
            "motion",
            shown=(0.0,),
            span=4,
        ),
        Curve(
            "Likeness",
            f"Correlation with the frame {REPEAT_FRAMES} before, as small pictures; 1 is a picture that "
            "does not change.",
            _points(looks, lambda look: look.likeness),
            "{:.2f}",
            "motion",
            shown=(0.0, 1.0),
        ),
    ]


def _journal_curves(report: Report) -> list[Curve]:
    return [
        Curve(
            "Objective",
            "What the dream climbs, as it was at each dream's end.",
            tuple(report.objective.items()),
            hue="dream",
        ),
        Curve(
            "Seconds a frame",
            "From the frame before to this one's pixels.",
            tuple(report.seconds.items()),
            "{:.3g} s",
            "time",
            shown=(0.0,),
            cut=True,
        ),
    ]


def _target_curves(report: Report) -> list[Curve]:
    """Where the camera looked of itself: two curves, or none."""
    ways = (("Target across", "from the left", 0), ("Target down", "from the top", 1))
    return [
        Curve(
            name,
            f"Where the camera looked, in fractions of the frame {side}.",
            tuple((frame, target[axis]) for frame, target in report.targets.items()),
            "{:.3f}",
            "track",
            shown=(0.0, 1.0),
        )
        for name, side, axis in ways
    ]


def _points(looks: Iterable[Look], figure: Callable[[Look], float | None]) -> tuple[tuple[int, float], ...]:
    pairs = ((look.frame, figure(look)) for look in looks)
    return tuple((frame, value) for frame, value in pairs if value is not None)


def track_curve(track: Sampled) -> Curve:
    """A track that moves, as a curve."""
    points = tuple(enumerate(track.values))
    return Curve(track.name, track.spelling, points, hue="track", dots=track.keyframes)
