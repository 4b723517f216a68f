"""A page about a clip: what it looks like, how it was made, and what is wrong with it."""

from dreamzoom.report.gather import Report, gather
from dreamzoom.report.page import write_page

__all__ = ["Report", "gather", "write_page"]
