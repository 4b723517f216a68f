"""Films: a storyboard, its scenes, a song, one video.

storyboard   what a storyboard may say: a dataclass a table
times        moments and lengths: seconds, beats, bars, sections
reading      from TOML to that
planning     from there to what a film is: all that is wrong is told
timeline     when each scene begins and ends
looks        the scenes' recipes, and the pictures that they name
titling      when words are shown
parts        a song as a film goes by it: its parts, and how loud they are
directing    which picture is dreamed when, how, and how one leads to the next
script       that as a storyboard's text
plan         what a film is, decided to the frame
lyrics       lyrics and subtitles, read from files
titles       words drawn over pictures
dreamed      titles as regions of a scene's dream
editing      how its video is put together, without the recipes
folder       what lies where, how a film begins, and how one is opened
note         film.json: how it is put together, and what its video is known again by
commission   a film of pictures and a song: directed, unless it was so before
keeping      what a film keeps: its storyboard, its song, what was heard of it
checking     all scenes checked against the world, and compared with those that there are
matching     which of the scenes there are a storyboard's are
through      what a scene begins with that goes on with the dream before it
scenes       each a clip, which begins, goes on or stands
transitions  from scene to scene, by ffmpeg's xfade
programme    its pictures, one by one
assembly     its video
making       all of it
drafting     the same film, small and at few frames a second
status       how far it is
page         a page about it
"""
