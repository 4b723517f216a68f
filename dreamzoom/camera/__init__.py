"""Motion between frames: a similarity of the plane, and the resampling that carries it out."""
