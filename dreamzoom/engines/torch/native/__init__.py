"""Kernels of dreamzoom's own, in C++: what torch does slowly for one image on a CPU.

library     the compiled kernels for a network's layers, called with tensors
sampling    those for pictures that are warped, blended or seen in mirrors
build       the command that compiles them
hatch_hook  compiles them when a wheel of dreamzoom is built

kernels.cpp has the functions that library.py and sampling.py call, and each *.hpp one kind of work.
"""
