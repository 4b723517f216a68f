"""One dream: gradient ascent over octaves, image in, image out; the same code for every engine."""

from dreamzoom.dream.ascent import DreamPlan, Dreamt, dream
from dreamzoom.dream.objectives import blend, guided, l2, mean
from dreamzoom.dream.octaves import octave_sizes
from dreamzoom.dream.planning import Instant, guide_features, plan_dream, require_dreamable, resolve_layers
from dreamzoom.dream.randomness import frame_generator

__all__ = [
    "DreamPlan",
    "Dreamt",
    "Instant",
    "blend",
    "dream",
    "frame_generator",
    "guide_features",
    "guided",
    "l2",
    "mean",
    "octave_sizes",
    "plan_dream",
    "require_dreamable",
    "resolve_layers",
]
