"""Films: one made of pictures and a song, and its storyboard, which a person changes scene by scene.

routes      a new film, its storyboard, its changes, and making what changed
orders      what a page asks for, as command lines of `film`
boards      a storyboard as a page sees it, with all that is wrong and where
foretold    what the making of a film would do, and what is wrong with it
remembered  the same, for as long as all that decides it is the same
material    what a film keeps of a clip that a scene of it is made of
edits       a page's changes, checked, as a text changed in one place each
"""
