"""Engines: what computes a model's activations and image gradients.

registry     opening an engine by its name
base         what an engine is: `Engine`, `Objective`, `Ascent`
fitting      pictures of sizes that a network cannot take
preprocess   what both engines do between an image and a network
torch        the fast engine, on CPU, CUDA and MPS
caffe        the reference: the real Caffe
build_caffe  the command that builds Caffe as a wheel and installs it
"""
