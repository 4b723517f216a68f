"""The timeline: curves of what moves, a song's waveform and beats, and the beat map that a person edits.

    song ──► errands: `dreamzoom listen`, ffmpeg ──► FOLDER/.studio/heard, peaks ──► timeline, snapping
    tap, drag ──► beats ──► maps ──► material/song.beats.txt, which rules from then on

routes      the timeline, peaks, curves and beats of an item
facts       what a page is told of a timeline
subjects    what a timeline is of: a clip, a film, a song or picture that is to be dreamed
curves      the keys of a recipe that can move, and their values over the frames
rewrites    what a page asks to be done to beats and sections, done to a map
maps        the file of a song's beat map: read, changed, undone
beats       beats and bars, as a tap, a drag or "this is one" changes them
sections    sections, as a drag, a split or a name changes them
tapping     from taps to beats
songs       what is known of a song: what is heard of it, its waveform
recent      what was worked out a moment ago
peaks       the waveform of a song, as its lowest and highest values
errands     long work beside requests, one of a name at a time
"""
