"""The torch engine: fast, on CPU, CUDA and MPS."""
