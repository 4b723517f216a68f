"""Work for more than one machine: scenes, clips, plates, pictures.

Within a zoom each frame needs the one before, so what is shared out is whole: one command or one task each,
which may be ended at any time and costs then what came after the last frame on disk.

cluster     a Dask cluster's workers
export      scripts and job files for other engines
commands    a film or a folder as commands that wait for one another
link        what a task has of the worker that does it
tasks       the tasks themselves, as workers do them
"""
