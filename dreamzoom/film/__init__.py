"""Films: a storyboard, its scenes, a song, one video.

plan         what a film is, decided to the frame
lyrics       lyrics and subtitles, read from files
editing      how its video is put together, without the recipes
folder       what lies where, how a film begins, and how one is opened
note         film.json: how it is put together, and what its video is known again by
matching     which of the scenes there are a storyboard's are
transitions  from scene to scene, by ffmpeg's xfade
programme    its pictures, one by one
assembly     its video
"""
