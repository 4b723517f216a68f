"""A programme as the file that a platform, an editor or a browser wants, and the proof that it is that.

reframing     another shape of it, by a window that goes with the point the camera falls into
