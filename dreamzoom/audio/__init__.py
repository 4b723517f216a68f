"""Hearing music: a song becomes the beats, bars, sections and signals that tracks follow.

decode      a song as samples, section by section
features    envelopes of its bands of frequencies, and its onsets
texture     its loudness by bands, and its chroma: what sounds alike
separation  its harmonic and its percussive part
extraction  all that is measured of it
rhythm      onsets that stand out, and how clearly they repeat
pointer     the likeliest beats, by a hidden Markov model over tempo and phase
bars        which beats begin a bar, and how many beats it has
beats       its pulse: when beats fall, how fast it goes, and how clear that is
sections    where it changes, and what comes again: A B A C
ranges      how loud what is around each moment is
signals     envelopes and onsets as signals from 0 to 1
analysis    all of it: from a sound file to `Music`
series      numbers over time from CSV and JSON
midi        the notes of MIDI files
sources     signals of stems and series, beside the song
beatmap     what was heard as a text that a person edits, and such texts read
maplines    the lines of a beat map, each with what it says
rewriting   a beat map with other beats, and all else in it as it was
resectioning  a beat map with other sections, likewise
correct     what a person says of a song, in the place of what was heard
words       what was heard, in words
clicks      a song with a click on every beat
"""
