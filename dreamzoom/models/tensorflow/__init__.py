"""TensorFlow's frozen graphs, such as inception5h's `tensorflow_inception_graph.pb`, as networks."""
