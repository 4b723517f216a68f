"""Models: networks as data, read from Caffe's and TensorFlow's files."""
