"""A programme as the file that a platform, an editor or a browser wants, and the proof that it is that.

formats       how pictures and sound are encoded
targets       who wants what: the table
screening     which frames of a programme are shown, how fast and how large, and what is heard with them
shapes        which sizes pictures of a shape have
reframing     another shape of it, by a window that goes with the point the camera falls into
loudness      how loud it sounds, and what brings it to a wanted loudness
order         one file that is to be made
planning      which frames it shows, and what is heard with them
checks        what of it does not fit a target, and what would
making        an order becomes what its target wants, of whatever kind that is
encode        a video: one ffmpeg for pictures and sound
animations    GIF and WebP
sequences     pictures one by one, in a folder
reading_back  a finished file read back, and held against its target
"""
