"""What is to be rendered: a folder of small files, and one child process at a time.

    add ──► a job's file ──► runner: the next that may begin ──► minder ──► dreamzoom render …
                                                                   │
              pages ◄── facts ◄── record: begun, progress, end ◄───┘

Whatever dies goes on or is found: the child has a minder that outlives the server; the next server finds what
is at work by its lock; what a machine took with it is shown as stopped.

routes      the list, its order, stopping and going on
stopping    stopping what is at work, and going on with it
runner      the thread of the one server that begins what waits
minder      the process beside a child: what it says, how it ends
facts       the queue as pages see it
waiting     the list on disk: what waits, in which order
record      what a job leaves on disk; its state follows from it
jobs        a job: an ordinary command line and what it is for
"""
