"""Looks: one picture in every look, as moving pictures small enough to be made in seconds.

    recipe ──► trying (a draft, small) ──► render.loop (a clip aside) ──► pictures (a .webp and a .jpg)

What a moving picture shows is what a clip of that look shows: it is one, made as a draft is.

choosing    which looks there are to try, and what keeps one from being tried
trying      the small recipe of a look
folder      what was made already, and what it was made of
making      the moving pictures, one after another, by one engine for all of a model
swatches    a still in the colours of each palette
chance      draws that a seed decides, the same on every machine
surprise    a recipe by chance that is worth a look
breeding    a child of two recipes
"""
