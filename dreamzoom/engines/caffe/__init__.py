"""The caffe engine: the real pycaffe, the reference.

engine    the engine
net       a pruned net, forward and backward
places    inner products as convolutions
prototxt  a model's prototxt made ready for the installed Caffe
quirks    networks and sizes that Caffe computes wrongly, and that are refused
library   importing Caffe, and what it was built with
"""
