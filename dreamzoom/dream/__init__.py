"""The dream: gradient ascent over octaves, image in, image out.

ascent        the dream itself: octaves, jitter, steps
rules         how an image moves along its gradient
glance        the picture a step sees, a little turned and scaled
regularisers  what holds an image back: total variation, a pull towards a picture
shaping       what becomes of the gradient before a step: smoothing, levels, colours, spectrum
regions       parts of a picture with dreams of their own, and one step made of them
masks         where something holds: gradients, pictures, colours, what is bright
objectives    what is climbed: from a blob's activations to the gradient put on it
looks         the look of a picture: statistics of what a network sees in it
custom        functions of a caller's own: objectives, steps, what comes before and after
asked         what a caller asks of a dream, as a recipe and as what no recipe says
compose       goals that add, scale and name themselves, for Python
sight         what a network takes a picture for
steps         a dream's steps and its end as a caller sees them
threads       what is the same for any number of threads
wander        the weights of channels that wake and fade by themselves
goals         from the goals of a recipe to the objectives of a frame
planning      from a recipe's [dream] table to one frame's plan
manner        from a recipe's [dream] table to how a frame's steps go
placing       from rows of [[dream.region]] to one frame's regions
tiles         large pictures, computed in tiles
room          what memory a dream takes, asked for before the work, and how large its tiles are
saliency      where a network sees most, and which channels have how much of it
speed         how fast this machine dreams in each precision
"""
