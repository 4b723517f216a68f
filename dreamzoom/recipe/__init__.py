"""Recipes: what decides a clip's pixels; read, checked, merged, compared and written.

settings     what a key can hold: the kinds of values, their limits and how they are written
points       keys that hold a point
units        a frame's size, a rate of frames, a tempo, a length of time
named_files  tables of names and files: stems, series
rows         arrays of tables, each row with keys of its own
channels     keys that choose a layer, channels of it, or a class
goals        what a dream climbs: the rows of [[dream.goal]]
dream        the dream's table of the recipe
climbed      what a dream and its regions climb: goals, or the one goal of the keys beside them
regions      parts of the picture that dream otherwise
dissolves    pictures that dissolve into the dream: the rows of [[clip.dissolve]]
music        the song's table of it
loop         the loop's
schema       every table and key, with defaults and meanings
arrivals     the pictures that a clip comes to, and through which frames
build        from files, presets and options to one checked recipe, and back to TOML
unused       what has no say in a loop
reference    the keys listed, for a terminal and for the guide
pictures     the pictures that a recipe names, and the copies that a clip keeps
sources      what a recipe names outside itself, and what is kept of that
presets      named recipes that come with dreamzoom
palettes     lists of colours with their shares, named or a person's own
words        what is dreamed within words
inscription  the recipe as a finished picture or film tells it
frozen       the recipe as a clip's folder keeps it
compare      at which frame two recipes begin to differ
draft        the recipe of a small, quick draft
"""
