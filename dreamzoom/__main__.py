"""`python -m dreamzoom` is `dreamzoom`."""

from dreamzoom.cli import main

main()
