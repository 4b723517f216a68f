"""Words in a film: drawn over its pictures, or dreamed in them.

lyrics   lyrics and subtitles, read from files
titles   words drawn over pictures
over     a file's lines over what is shown, each in its time
safe     whether they are seen in another shape, and beneath a phone's buttons
dreamed  titles as regions of a scene's dream
"""
