"""Caffe's file formats: a prototxt and a caffemodel, read into a `Network`.

    read_network    both files, whole and checked, or a `ModelError`

Inside, each module does one step: `_prototxt` parses the text, `_upgrade` turns the older kinds of layer into
the present one, `_caffemodel` reads the weights, `_operations` makes an operation of a layer and its weights,
and `_assemble` joins the layers as Caffe does. Files are never trusted: no size that they declare is believed
before it has been compared with the bytes that are there.
"""

from dreamzoom.models.caffe_format._assemble import read_network

__all__ = ["read_network"]
