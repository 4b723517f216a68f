"""Files, the web and TOML: what is between dreamzoom and the disk."""
