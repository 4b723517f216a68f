"""The caffe engine: the real pycaffe, the reference.

engine     the engine
net        a pruned net, forward and backward
places     inner products as convolutions
prototxt   a model's prototxt made ready for the installed Caffe
spellings  layers of derived Caffes as BVLC's
tops       in-place layers with tops of their own
quirks     sizes that Caffe computes wrongly, and that are refused
library    importing Caffe, and what it was built with
"""
