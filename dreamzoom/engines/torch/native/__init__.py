"""Kernels of dreamzoom's own, in C++: the layers that torch does slowly for one image on a CPU.

library     the compiled kernels, called with tensors
build       the command that compiles them
hatch_hook  compiles them when a wheel of dreamzoom is built

kernels.cpp has the functions that library.py calls, and each *.hpp one kind of layer.
"""
