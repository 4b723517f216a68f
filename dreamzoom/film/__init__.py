"""A finished clip as footage: other speeds and motion blur, without another dream.

footage    what a clip shows at any moment, and how the camera moved meanwhile
shutter    the frames of a film: at another speed, blurred by motion
"""
