"""A page about a clip: what it looks like, how it was made, and what is wrong with it."""
