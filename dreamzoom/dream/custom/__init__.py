"""What a caller in Python may ask of a dream that no recipe says.

functions  objectives, steps, what comes before a dream and after it
goals      goals that add, scale and name themselves
request    what is asked, as a recipe and as what no recipe says
steps      a dream's steps and its end as a caller sees them
"""
