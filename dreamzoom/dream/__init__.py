"""One dream: gradient ascent over octaves, image in, image out; the same code for every engine."""
