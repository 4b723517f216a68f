"""Kernels of dreamzoom's own, in C++: what torch does slowly for one image on a CPU.

library     the compiled kernels for a network's layers, called with tensors
sampling    those for pictures that are warped, blended or seen in mirrors
colours     that for a picture's colours, moved by several maps at once
build       the command that compiles them
hatch_hook  compiles them when a wheel of dreamzoom is built

kernels.cpp has the functions that library.py, sampling.py and colours.py call; each *.hpp is one kind.
"""
