"""The dream: gradient ascent over octaves, image in, image out.

ascent          the dream itself: octaves, jitter, steps
rules           how an image moves along its gradient
transforms      what a step sees of the picture: a little turned and scaled
periodic        pictures without a border: right joins left, and bottom top
regularisers    what holds an image back: total variation, a pull towards a picture
shaping         what becomes of the gradient before a step: smoothing, levels, colours, spectrum
regions         parts of a picture with dreams of their own, and one step made of them
masks           where something holds: gradients, pictures, colours, what is bright
objectives      what is climbed: from a blob's activations to the gradient put on it
looks           the look of a picture: statistics of what a network sees in it
wander          the weights of channels that wake and fade by themselves
planning        from a recipe's [dream] table to the plan of one frame's dream
custom          what a caller in Python may ask that no recipe says
tiles           large pictures, computed in tiles
memory          what memory a dream takes, asked for before the work, and how large its tiles are
saliency        where a network sees most, and which channels have how much of it
classification  which classes a network sees in a picture
speed           how fast this machine dreams in each precision
"""
