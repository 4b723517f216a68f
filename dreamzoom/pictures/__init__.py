"""Pictures: read from anywhere, made from nothing, fitted to a frame, written as one."""

from dreamzoom.pictures.cloudscape import clouds
from dreamzoom.pictures.frames import fit, picture_png, read_frame, save_png_bytes
from dreamzoom.pictures.generate import GENERATORS, grey, noise, start_picture
from dreamzoom.pictures.reading import PictureSource, open_picture

__all__ = [
    "GENERATORS",
    "PictureSource",
    "clouds",
    "fit",
    "grey",
    "noise",
    "open_picture",
    "picture_png",
    "read_frame",
    "save_png_bytes",
    "start_picture",
]
