"""A page about a clip: what it looks like, how it was made, and what is wrong with it; and one about a song.

frames     what frames are like, measured one by one
colour     how colourful a frame is, and how many hues it has
contact    the contact sheet: frames as small JPEG pictures
gather     everything the page tells, gathered from a clip's folder
curves     which curves there are, and each as the page shows it
page       the page: one HTML file, from page.html, page.css and page.js
template   such files filled, and what they may load, by which address
song       a page about a song: from song.html, song.css and song.js
"""
