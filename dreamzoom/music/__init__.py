"""Hearing music: a song becomes the beats, bars and signals that tracks follow.

decoding    the song as samples, section by section, so that its length costs no memory
envelopes   how loud it is in a band of frequencies, from moment to moment
onsets      how strongly something new begins, from moment to moment
tempo       how fast it goes, and where that changes
tracking    beats at that tempo
beats       which of them are there, exactly when, and which begin a bar
signals     loudness, bass, mids, highs and onset, each from 0 to 1
hearing     all of this for one song
store       what was heard, as a file of a clip
"""
