"""Kernels of dreamzoom's own, in C++: the layers that torch does slowly for one picture on a CPU.

They are compiled when dreamzoom is installed, where there is g++ on x86-64 Linux. Everywhere else torch's own
operations do the same work. `tests/benchmarks/bench_kernels.py` compares them.
"""
