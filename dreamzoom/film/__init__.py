"""Films: a storyboard, its scenes, a song, one video.

plan       what a film is, decided to the frame
lyrics     lyrics and subtitles, read from files
"""
