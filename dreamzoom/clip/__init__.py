"""A clip on disk: a folder that survives anything.

folder     what lies where; how a clip begins, and how one is opened
place      where a clip may begin, and what of a folder is a clip's own
takes      the stretches of a clip, each ruled by one recipe
fork       a new clip that shares the beginning of another
journal    a line for each finished frame
reading    what is said where a file of a clip cannot be read
lock       one writer at a time
status     how far a clip is, and what is wrong with its frames
music      what was heard of a song, as a file
"""
