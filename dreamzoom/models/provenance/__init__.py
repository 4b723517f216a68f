"""How the files of the models that come with dreamzoom were made."""
