"""Looks of a person's own picture: small moving pictures of each, made at once beside the queue.

    a page asks ──► wanted ──► worker: dreamzoom looks …, one child ──► FOLDER/.studio/previews/SET/ink.webp
                                  │ a line for each look
              pages ◄── events ◄──┘

What was made is kept by what it was made of, up to a bound; whatever is lost is made again.

routes      what looks there are, their previews, surprises, children, looks of one's own
worker      the one child at work, and the lines that it says
sets        where previews lie, which picture they are of, and which are thrown away
shelved     recipes that are no presets: surprises, children, a clip's look, kept by their text
catalogue   what pages are told of looks and palettes
"""
