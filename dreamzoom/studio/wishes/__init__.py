"""From what a page asks for to an ordinary command line, checked as that checks it before it is put in line.

A page's values are JSON, as they would stand in a recipe. What names a file is {"item": ID}, or a word that
dreamzoom knows itself; a path, a web address or a model's folder is refused. So a command line names nothing
that does not lie in FOLDER.

routes      new clips, takes, longer clips, the forms, and what is about to be asked for
orders      checked command lines put in line, under free names
commands    the command lines: a new clip, a take, a longer clip
bases       what a recipe is begun from: a preset, or a recipe that lies in the folder, checked
values      a page's values as a recipe has them
files       which files a value may name
names       what new clips and takes are called
forms       every key of a recipe, for a page to make a form of
networks    the layers and classes of a model
drafts      what a person is about to ask for, kept on disk
moved       what is known again at another place, with the drafts that go along
"""
