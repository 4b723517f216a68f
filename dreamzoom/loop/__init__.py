"""Endless loops: in log-polar coordinates a zoom is a shift, so that one picture on a torus is all of it.

torus     the torus: its size, and where on it each pixel of a frame lies
winding   a picture at places of a torus
seam      where a copy of the start picture ends and the next larger one goes on
closing   a start picture wound onto a torus, so that its round closes
dreaming  the dreams of a torus
view      a frame: what is seen of a torus at a moment of its round
"""
