"""Rendering a clip: frame after frame, each one a checkpoint, and the video with them.

preparation   everything that can go wrong is found before the first dream
space         whether the disk has room for it
song          how many frames a song needs, and what tracks hear of it
sources       what it hears of stems and series
pictures      the pictures that a clip keeps of those that its recipe names
trajectory    how far the camera has come since a frame, and a mask with it
tiling        how large dreams are cut, chosen when a clip begins
loop          a clip finished: its takes in their order, its video
zooming       which frames are made from which
frame         one frame from the one before it
arrival       pictures that come into the running dream
looping       the dreams of a loop's picture, and the frames looked up in it
torus         one dream of that picture
rounds        how large it is, and whether a recipe can have one
makers        which machine made a clip's frames, and whether this one makes the same
store         which frames stand, and how a render tells of itself
output        frames, journal and video, written in threads
"""
