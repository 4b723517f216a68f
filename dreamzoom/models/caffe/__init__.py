"""Caffe's file formats: a prototxt and a caffemodel, read into a `Network`."""
