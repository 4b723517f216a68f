"""The atlas: a dream of one picture for each layer of a model, or each channel of a layer, labelled.

plates       what is shown: which layers and channels, and which of them cannot be
folder       an atlas's folder: its frozen settings, its journal, its files
sources      the pictures that it is made of: the one that is dreamed, and guides
dreaming     from a plate to its picture, in whatever process does it
captions     words beside pictures: sizes, colours, what fits
sheet        the contact sheet, on as many pages as it needs
tour         all pictures one after the other, as a video or a GIF
making       an atlas from its first plate to its tour
"""
