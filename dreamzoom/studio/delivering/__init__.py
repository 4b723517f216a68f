"""From a clip or a film to what others want of it: files, pages, loops.

routes      what can be made, its checks and its jobs
downloads   what was made, to be downloaded; reports, and where a clip falls
choices     which choices fit what is to be delivered
additions   another song, its fades and words, as a page asks for them
orders      what a page asks for, as a command line of `deliver`
stitches    the same of `stitch`: a plain video
values      values that a page gives, checked
fitting     what that comes to, and what of it does not fit, before any work
shown       a clip or a film as a programme of which nothing is read
advice      advice for a terminal, as what a page can set
made        the files that were made, and their names
purposes    what they are for, by what is in them: another name changes nothing
"""
