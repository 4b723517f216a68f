"""The director: a storyboard for pictures and a song.

parts    a song as a film goes by it: its parts, and how loud they are
choices  which picture is dreamed when, how, and how one leads to the next
script   that as a storyboard's text
"""
