"""What is to be rendered: a folder of small files, and one child process at a time.

waiting     the list on disk: what waits, in which order, what is at work, what became of it
jobs        a job: an ordinary command line and what it is for
routes      the list, its order, stopping and going on
"""
