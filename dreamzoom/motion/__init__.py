"""Motion between frames: a similarity of the plane, and the resampling that carries it out."""

from dreamzoom.motion.kernels import Interpolation
from dreamzoom.motion.lens import Lens, lens_of
from dreamzoom.motion.similarity import Similarity, camera_motion
from dreamzoom.motion.warp import warp

__all__ = ["Interpolation", "Lens", "Similarity", "camera_motion", "lens_of", "warp"]
