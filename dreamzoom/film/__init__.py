"""Films: a storyboard, its scenes, a song, one video.

board        storyboards: read, and planned to the frame
director     a storyboard for pictures and a song
words        titles and lyrics, drawn or dreamed
plan         what a film is, decided to the frame
editing      how its video is put together, without the recipes
folder       what lies where, how a film begins, and how one is opened
note         film.json: how it is put together, and what its video is known again by
commission   a film of pictures and a song: directed, unless it was so before
material     what it takes along of the film whose storyboard it is made of
history      the storyboards that it had: a change is undone, and done again
kind         whether it is a draft, where its note is lost
keeping      what a film keeps: its storyboard, its song, what was heard of it
checking     all scenes checked against the world, and compared with those that there are
matching     which of the scenes there are a storyboard's are
through      what a scene begins with that goes on with the dream before it
parts        which of the scenes wait for others, and some made alone
scenes       each a clip, which begins, goes on or stands
foresight    what the making of a film would do: which scenes stand, and what is dreamed
transitions  which there are from scene to scene
mixing       a transition's pictures, by ffmpeg's xfade
programme    its pictures, one by one
assembly     its video
making       all of it
drafting     the same film, small and at few frames a second
losses       what it has lost, with the way on
status       how far it is
page         a page about it
"""
