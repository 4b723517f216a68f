"""Engines: what computes a model's activations and image gradients."""
