"""A programme as the file that a platform, an editor or a browser wants, and the proof that it is that.

loudness      how loud it sounds, and what brings it to a wanted loudness
"""
