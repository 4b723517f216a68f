"""Caffe's models as networks.

reader       a prototxt and a caffemodel, joined into a network
prototxt     the network's description, and which words in it dreamzoom passes over
text         protobuf's text format, read in a forgiving way
sources      where the pictures come from, and their size
mean         what the files say of the input: mean and scale
layers       each type of layer as an operation
normalisation  those that normalise each channel
pointwise    those that are a function of each value
layout       those that join, cut, repeat and lay out blobs
site         a layer with its inputs and weights, as `layers` sees it
weights      the caffemodel
upgrade      older kinds of layer as today's
caffe_pb2    the schema, generated from caffe.proto
"""
