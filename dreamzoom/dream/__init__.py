"""One dream: gradient ascent over octaves, image in, image out; the same code for every engine."""

from dreamzoom.dream.ascent import DreamPlan, Dreamt, dream
from dreamzoom.dream.objectives import guided, l2, mean
from dreamzoom.dream.octaves import octave_sizes
from dreamzoom.dream.planning import choose_objectives, plan_dream, require_dreamable
from dreamzoom.dream.randomness import frame_generator

__all__ = [
    "DreamPlan",
    "Dreamt",
    "choose_objectives",
    "dream",
    "frame_generator",
    "guided",
    "l2",
    "mean",
    "octave_sizes",
    "plan_dream",
    "require_dreamable",
]
