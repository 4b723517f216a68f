"""An inbox: pictures that are put into FOLDER/inbox are dreamed into FOLDER/dreamed, each once.

routes     the inbox as pages see it, and the look that is chosen for it
watching   what has come since the last look goes into the queue
books      what is known of pictures that came, on disk
choices    whether it is on, which look, how large
"""
