"""Between dreamzoom and the disk or the web: nothing else renames into place, hashes or opens a URL.

files      whole files or none, leftovers, reads that have a bound, hashes
http       files from the web
memory     how much memory this process may still take
toml       TOML, read with care and written plainly
"""
