"""The clip on disk: a folder that survives anything."""
