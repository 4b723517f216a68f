"""Rendering a clip: frame after frame, each one a checkpoint, and the video with them.

preparation   everything that can go wrong is found before the first dream
song          how many frames a song needs, and what tracks hear of it
sources       what it hears of stems and series
pictures      the pictures that a clip keeps of those that its recipe names
trajectory    how far the camera has come since a frame, and a mask with it
tiling        how large dreams are cut, chosen when a clip begins
loop          which frames are made from which, take after take
arrival       pictures that come into the running dream
frame         one frame from the one before it
output        frames, journal and video, written in threads
"""
