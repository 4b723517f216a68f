"""Storyboards: what a text says of a film, and what that comes to, to the frame.

storyboard  what a storyboard may say: a dataclass a table
times       moments and lengths: seconds, beats, bars, sections
reading     from TOML to that
naming      the files that a text names, called otherwise
rewriting   one thing of a text changed, and all else left as it is
inserting   a scene added to a text, or doubled there
apart       what two of them differ in, scene by scene
timeline    when each scene begins and ends
looks       the scenes' recipes, and the pictures that they name
titling     when words are shown
planning    from there to what a film is: all that is wrong is told
"""
