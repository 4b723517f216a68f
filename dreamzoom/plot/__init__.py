"""Series of values over frames, drawn for terminals, files and pages.

samples     series of values, and a recipe's tracks as such
terminal    tracks in text
charts      tracks as SVG and PNG, and the curves of the report
song        what was heard of a song: in text, and as marks for SVG, PNG and pages
"""
