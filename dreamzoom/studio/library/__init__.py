"""What lies in FOLDER, read anew whenever it changes, and never kept anywhere else.

watching    what changes in FOLDER, told to every page
hearing     what the system says of folders: that something was written in them
routes      the library, an item, and the stream of events
serving     frames, pictures, videos and songs as pages see and hear them
sending     files as they were when they were opened
shrinking   pictures of a smaller width, of which some are kept at hand
outside     whether a storyboard names only what lies in FOLDER
facts       what is known of each item, as pages are told it
remarks     what is remarked about a clip or a film, in words
looking     how each kind of item is looked at: at a glance, and closely
housekeeping  another name for an item, and the trash
shelf       the items by their ids, and where they lie
items       what an item is
"""
