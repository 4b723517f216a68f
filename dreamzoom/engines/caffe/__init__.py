"""The caffe engine: the real pycaffe, the reference."""
