"""Work shared out to the machines of a Dask cluster.

Tasks are paths and settings, never pictures: every machine sees the same folder. A worker does one task at a
time, in its own process, and what is lost with it is done again by another. (Dask: https://docs.dask.org)

connection   a client of a running cluster, or of one on this machine
admission    which workers may take part: same versions, same folder
running      tasks handed out, their progress heard, their results as they come
"""
