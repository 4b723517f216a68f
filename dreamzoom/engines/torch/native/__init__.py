"""Kernels of dreamzoom's own, in C++: the layers that torch does slowly for one picture on a CPU."""
