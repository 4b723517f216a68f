"""DeepDream zoom videos: dream a picture, zoom, feed it back.

    from dreamzoom import Dreamer
    Dreamer().dream("sky.jpg").save("dream.png")

The way of a frame, from the recipe to its PNG:

    recipe ──► render.loop, for frame n:
        frame n-1 ──► camera.resample ──► colour.grading ──► dream.ascent ──► pictures.frames ──► frame n
                      (affine warp)       (light, colours)   (octaves, steps,   (rounded to 8 bits)
                                                              on an engine)
        render.output writes frames/000123.png, then its line of journal.jsonl, and feeds the encoder
    frames + soundtrack ──► video.encode, video.mux ──► clip.mp4

The packages, from the top of the house down. Each imports only from those below it:

    cli          the command line: a file a command
    studio       a page in the browser that shows a folder of clips and films, and directs them
    farm         scenes, clips and pictures on more than one machine
    stitching    a clip's frames as a video or a GIF, with another song, with words
    film         a storyboard, its scenes and a song, as one video
    delivery     a programme as the file that a platform, an editor or a browser wants
    looks        a picture in every look, as small moving pictures; looks by chance, and children of two
    render       the loop that dreams what a clip lacks, and all that is checked before it
    atlas        a picture dreamed for every layer of a model, labelled
    batch        many pictures in processes side by side
    workers      processes that share out the cores and a list of tasks
    audio        hearing a song: its beats, bars and signals
    report       a page about a clip: frames, curves, faults
    footage      a finished clip at any moment: other speeds, motion blur, as a programme
    guard        whether a clip is stuck, and what it is pushed with
    video        ffmpeg: H.264, GIF, sound
    dreamer      the library's face: `Dreamer`
    loop         endless zooms: a picture on a torus, its dreams, and what a frame sees of it
    colour       light evened, colours held to a palette, nothing burned out
    dream        gradient ascent over octaves, image in, image out
    clip         the folder of a clip: frames, journal, lock, takes, forks, and what it vouches for
    pictures     pictures from anywhere and nothing, and between arrays and tensors
    plot         tracks and figures drawn, for terminals and pages
    camera       affine motion between frames, mirrors, in-betweens
    engines      activations and image gradients of a model: torch, caffe
    models       networks as data, read from Caffe's and TensorFlow's files; where they are kept
    recipe       everything that decides a clip's pixels: schema, presets, drafts
    tracks       a number or a choice over time: keyframes, expressions, music
    io           files that are whole or absent, the web, TOML
    randomness   every stream of random numbers, keyed
    errors       every error, written for the person at the keyboard

Beside them, `guide` holds the pages that `dreamzoom guide` shows. Its page "working-on-it" says where new
things go.

One word a thing:

    model          a network as Caffe ships it: deploy.prototxt and .caffemodel
    engine         what computes a model's activations and image gradients
    blob, layer    Caffe's words: a layer writes blobs, (C, H, W) for one picture
    objective      what a dream climbs: from a blob's activations to the gradient put on it
    goal           a blob, an objective, and what counts there: channels, a class, a place; with its weight
    region         a part of the picture with a dream of its own; its mask says where, 0 to 1
    octave         one scale of the image pyramid
    step           one move along the normalised gradient, in grey levels
    dream          one pass over the octaves
    camera         the affine motion between two frames; its aim is what the recipe does not tell of it
    track          a parameter's value over the frames
    dreamed frame  a frame that was dreamed; an in-between is warped between two of them
    recipe         every value that decides a clip; frozen once the clip begins
    clip           the folder of a recipe, its frames, journal and video
    storyboard     a film as a text: its scenes, transitions, song and words, and when they are
    loop           a clip whose last frame leads into its first; its frames are a round
    torus          the picture, wound up, in which an endless loop's frames are looked up
    film           the folder of a storyboard, its scenes, each a clip, and one video
    scene          a clip of a film; a transition joins it to the one before
    programme      what is shown and heard, whatever it comes from, for whoever encodes it
    take           a stretch of a clip ruled by one recipe; a fork is another take from some frame on
    preset         a named recipe fragment
    palette        colours with their shares, to which a dream is held
    inscription    the recipe as a finished picture or film carries it in its metadata
    nudge          what the guard pushes a stuck dream with
    signal         how a song sounds from moment to moment, 0 to 1
    beat map       a song's beats, bars and sections as text, which a person may edit
    pixels         an array (H, W, 3) of 8-bit RGB; an image is a tensor (3, H, W), RGB, 0 to 255
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom._version import __version__

if TYPE_CHECKING:
    from dreamzoom.clip.face import Clip
    from dreamzoom.dream.custom import goals
    from dreamzoom.dreamer import Dreamer
    from dreamzoom.errors import DreamzoomError

__all__ = ["Clip", "Dreamer", "DreamzoomError", "__version__", "goals"]


def __getattr__(name: str) -> object:
    """All but the version is imported when it is asked for (PEP 562), so that the command line answers at
    once, and hears Ctrl-C from its first moment on.
    """
    if name == "DreamzoomError":
        from dreamzoom.errors import DreamzoomError

        return DreamzoomError
    if name == "Clip":
        from dreamzoom.clip.face import Clip

        return Clip
    if name not in ("Dreamer", "goals"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dreamzoom.engines.torch.process import let_waiting_threads_sleep

    let_waiting_threads_sleep()  # before torch is loaded, which reads it then
    if name == "goals":
        from dreamzoom.dream.custom import goals

        return goals
    from dreamzoom.dreamer import Dreamer

    return Dreamer
