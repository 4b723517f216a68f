"""Between dreamzoom and the disk or the web: nothing else renames into place, hashes or opens a URL.

disk       what disks answer that is no fault: renames tried again, flushes passed over
locks      one process at a time, on disks with locks and without
encodings  texts of other encodings than UTF-8
files      whole files or none, leftovers, reads that have a bound, hashes
http       files from the web
network    connections: whom they may reach, and by when
progress   how far a command is, as lines of JSON for whoever watches
processes  whether a process is still the one that was noted
memory     how much memory this process may still take
plain_json  JSON without what browsers refuse, and small files of it
toml       TOML, read with care and written plainly
"""
