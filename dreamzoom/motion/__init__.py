"""Motion between frames: a similarity of the plane, and the resampling that carries it out."""

from dreamzoom.motion.kernels import Interpolation
from dreamzoom.motion.similarity import Similarity, camera_motion
from dreamzoom.motion.warp import warp

__all__ = ["Interpolation", "Similarity", "camera_motion", "warp"]
