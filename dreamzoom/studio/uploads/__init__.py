"""What is dropped on the page: streamed into FOLDER with a limit, looked at, and kept if it is of use.

    a body ──► .studio/uploads/x/NAME ──► looked at by a child process ──► material/NAME, a free one

routes      a file sent by a page, and what is taken
accepting   a file's way from a request into FOLDER
receiving   a body streamed to a file, within a limit
looking     what a file is, by the readers of the command line: a process of its own
names       a name that is one for every system, and tells nothing of folders
"""
