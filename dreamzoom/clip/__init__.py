"""A clip on disk: a folder that survives anything.

folder     what lies where; how a clip begins, and how one is opened
place      where a clip may begin, and what of a folder is a clip's own
takes      the stretches of a clip, each ruled by one recipe
fork       a new clip that shares the beginning of another
journal    a line for each finished frame
remains    what is left of a clip whose recipe is lost
reading    what is said where a file of a clip cannot be read
identity   what a frame is known by, whoever packed its file
lock       one writer at a time
extend     longer clips
relocate   models that were moved
adopt      frames that a person retouched
vouch      what a clip is made with, and whether it is as it was
note       what the video is known again by
status     how far a clip is, and what is wrong with its frames
glance     how far a clip is, for who looks at hundreds, and often
face       a clip as Python and Jupyter see it
aside      frames that others take the place of, kept
music      what was heard of a song, as a file
"""
