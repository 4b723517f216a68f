"""What lies in FOLDER, read anew whenever it changes, and never kept anywhere else.

shelf       the items by their ids, and where they lie
items       what an item is, and what is known of it
routes      the library, an item, its frames, pictures and video, and the stream of events
"""
