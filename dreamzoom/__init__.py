"""DeepDream zoom videos: dream a picture, zoom, feed it back.

from dreamzoom import Dreamer
Dreamer().dream("sky.jpg").save("dream.png")
"""

from dreamzoom._version import __version__
from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import DreamzoomError

__all__ = ["Dreamer", "DreamzoomError", "__version__"]
