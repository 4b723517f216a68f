"""Hearing music: a song becomes the beats, bars and signals that tracks follow."""
