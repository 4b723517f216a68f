"""A clip's frames as a video or a GIF: a part of them, slower, blurred, with another song, with words.

making    the pictures and the file
planning  what an order comes to, and what of it cannot be, before any work
hearing   what of its song a video has
wanted    what is asked for
"""
