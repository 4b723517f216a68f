"""TensorFlow's frozen graphs as networks.

reader        a graph's file as a network
nodes         a graph's nodes, attributes and constants
operations    each operation of TensorFlow as one of ours
graph_pb2     the schema, generated from graph.proto
"""
