"""The studio: a page in the browser that shows a folder of clips and films, live, and directs them.

The server keeps nothing that a folder does not: it may be killed at any time, and the next one shows the
same. What dreams are child processes, each of them an ordinary command line (`dreamzoom render …`).

    a change in FOLDER ──► library.watching ──► feed ──► every open page        (Server-Sent Events)
    a click in a page  ──► routes of a room ──► queue, a file of FOLDER/.studio ──► a child process ──► FOLDER

Modules, from the top down:

    serving     the server's life: it listens, opens the browser, and ends
    addresses   where it listens, and the addresses that lead there
    opening     a person's browser, opened on the page
    instance    one studio a folder: its key, its lock, where it is reached
    wire        connections that have a bound
    app         all routes, and what stands before them
    working     what is done without being asked: the queue, the inbox, a first dream
    door        who may ask for what: Host, Origin, token and cookie, and the page's policy
    phone       the address for a phone, as a code
    pages       the page itself and its static files
    timeline    curves, waveform, beats, and the beat map that a person edits
    comparing   takes and what tells them apart
    filming     films of pictures and a song, and their storyboards
    delivering  a clip or a film as what others want of it
    previews    looks of a person's own picture: small moving pictures, surprises, children
    wishes      from what a page asks for to a checked command line: new clips, takes, forms
    uploads     what is dropped on the page: received, looked at, kept
    library     what lies in FOLDER: clips, films, pictures, songs; their facts and frames
    first       an empty folder begins with a cloudscape
    inbox       pictures put into FOLDER/inbox are dreamed
    queue       what is to be rendered, on disk, and the one child at work
    desk        what every room works with: the folder, the library, the queue, the feed
    feed        events, numbered, for every page that listens
    children    what a child process is told
    asked       what a request says, checked
"""
