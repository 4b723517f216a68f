"""Caffe's models as networks.

reader       a prototxt and a caffemodel, joined into a network
layers       each type of layer as an operation
pointwise    those that are a function of each value
layout       those that join, cut, repeat and lay out blobs
site         a layer with its inputs and weights, as `layers` sees it
weights      the caffemodel
upgrade      older kinds of layer as today's
caffe_pb2    the schema, generated from caffe.proto
"""
