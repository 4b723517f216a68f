"""A finished clip as footage: at any moment, at other speeds, blurred by motion, without another dream.

footage    what a clip shows at any moment, and how the camera moved meanwhile
shutter    the frames of a film: at another speed, blurred by motion
clips      a clip as a programme
deep       a clip's frames in more than 8 bits, where they were computed
falls      where a clip's camera falls
retimed    a clip at another speed, or with an open shutter, as a programme
hearing    what of a song is heard with what is shown, its own or another
wanted     what is asked for of the sound
programme  what is shown and heard, whatever it comes from, for whoever encodes it
"""
