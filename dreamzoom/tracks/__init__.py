"""Tracks: a recipe's numbers over time, and its choices.

A number of the recipe is a constant, a table of keyframes or an expression; `parse_track` reads all
three as TOML gives them:

    1.05                                                 a constant
    "4.3/s"                                              a constant with a unit
    { 0 = 1.02, 2s = 1.05, 4s = 1.0, ease = "smooth" }   keyframes
    "1.03 + 0.02*sin(2*pi*t/4)"                          an expression

With a song, keyframes may be in beats and bars ({ 0 = 1.02, 8beats = 1.05, 4bars = 1.0 }) or at its sections
({ A = 1.02, "A2 + 2bars" = 1.05 }), and expressions may use its signals ("1.02 + 0.06*bass").

What is no number (a layer, channels, a picture) is a `Blend`: one value, or keyframes of values that fade
into one another.

    base         the clip's clock, the kinds of number, what a track is
    constant     numbers with units, and the track that never changes
    timing       keyframes' times and eases
    places       a song's sections by name, as times
    keyframes    numbers at times
    blend        choices at times, cross-faded
    expression   formulas
    spelling     what no formula's text holds
    functions    the functions and constants of formulas
    music        beats, bars and signals of a song
    signals      what formulas ask of a song: bass(release=80), beat(decay=0.2)
    hints        numbers as other programs write them, spelled as they are here
    parse        from a TOML value to a track, and its check

Every error is a `RecipeError` whose text is to follow the name of the recipe's key: `f"{key}: {error}"`.
"""
