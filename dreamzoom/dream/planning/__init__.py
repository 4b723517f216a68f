"""From a recipe's [dream] table to the plan of one frame's dream.

names    layers and classes, as the model has them
checks   whether the model can dream it
frame    the plan of one frame's dream
goals    its goals, as objectives by blob
steps    how its steps go, whatever they climb
regions  its regions, with dreams of their own
masks    where these are
"""
