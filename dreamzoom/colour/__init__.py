"""Before each dream: light is evened, colours are held, and nothing burns out.

grading    light evened out, colours held: mean and covariance
clusters   several clusters of a picture's colours
mixture    colours held, cluster by cluster
palette    the colours that are held at a frame
colouring  a picture's light and colours as a recipe's [colour] table says
"""
