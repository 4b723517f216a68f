"""TensorFlow's frozen graphs, such as inception5h's `tensorflow_inception_graph.pb`, as networks."""

from dreamzoom.models.tensorflow_format.reader import read_graph

__all__ = ["read_graph"]
