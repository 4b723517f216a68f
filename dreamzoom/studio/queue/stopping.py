"""Stopping what is at work, and going on with it: jobs, and clips that a terminal renders."""

from __future__ import annotations

import contextlib
import os

from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.lock import is_being_written, writer_of
from dreamzoom.clip.status import clip_status
from dreamzoom.errors import RequestError, StoryboardError
from dreamzoom.film.folder import open_film
from dreamzoom.film.status import film_status
from dreamzoom.io.processes import interrupt, is_same
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.library.outside import require_film_within
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.waiting import FINISHED


def stop_job(desk: Desk, job: Job) -> None:
    """Ask a job to stop, as Ctrl-C does; one that waits is taken out of the list, as nothing is lost by that.

    Raises:
        RequestError: it has ended.
        StorageError: that cannot be noted.
    """
    state = desk.waiting.state(job)
    if state == "waiting":
        desk.waiting.remove(job)
        return
    if state != "running":
        raise RequestError(f"{job.title}: is not at work")
    record = desk.waiting.record(job)
    record.ask_to_stop()  # which its minder looks for once its child has begun
    begun = record.begun()
    if begun is not None and begun.process != os.getpid() and is_same(begun.process, begun.began):
        with contextlib.suppress(ProcessLookupError):
            interrupt(begun.process)
    desk.waiting.tell()


def pause_item(desk: Desk, item: Item) -> None:
    """Stop the rendering of a clip or a film, whoever renders it.

    Raises:
        RequestError: nobody does, or it is another machine or another user.
    """
    place = item.place.as_posix()
    running = [job for job in desk.waiting.jobs() if desk.waiting.state(job) == "running"]
    ours = next((job for job in running if job.target == place), None)
    if ours is not None:
        stop_job(desk, ours)
        return
    path = desk.shelf.path_of(item)
    if item.kind not in ("clip", "film") or not is_being_written(path):
        raise RequestError(f"{item.name}: is not being rendered")
    process = writer_of(path)
    if process is None or process == os.getpid():
        raise RequestError(f"{item.name}: is being rendered by another machine or program: stop it there")
    try:
        interrupt(process)
    except ProcessLookupError:
        return
    except OSError as error:
        raise RequestError(
            f"{item.name}: is being rendered by another user: only they can stop it"
        ) from error


def go_on_with(desk: Desk, job: Job) -> None:
    """Let a job that has ended wait anew: one that was stopped before all others.

    A clip that another command had begun is gone on with; that command would refuse to begin it twice.

    Raises: as `WaitingList.again`.
    """
    state, path = desk.waiting.state(job), desk.folder / job.target
    words: tuple[str, ...] = ()
    if job.words[0] in ("fork", "extend") and job.target and has_clip(path):
        wanted = job.words[job.words.index("--frames") + 1] if "--frames" in job.words else "0"
        if job.words[0] == "fork" or str(open_clip(path).recipe.clip.frames) == wanted:
            words = ("resume", job.target)
    desk.waiting.again(job, first=state == "stopped", words=words)


def resume_item(desk: Desk, item: Item) -> Job:
    """Go on with a clip or a film before all that waits.

    Raises:
        RequestError: it is finished, or at work already, or damaged, or names what lies elsewhere.
        StorageError: the queue cannot be written.
    """
    place, path = item.place.as_posix(), desk.shelf.path_of(item)
    if item.kind not in ("clip", "film"):
        raise RequestError(f"{item.name}: is neither a clip nor a film")
    jobs = {job: desk.waiting.state(job) for job in desk.waiting.jobs() if job.target == place}
    if is_being_written(path) or "running" in jobs.values():
        raise RequestError(f"{item.name}: is being rendered already")
    if item.kind == "film":
        with contextlib.suppress(StoryboardError):  # which is told below
            require_film_within(desk.folder, open_film(path))
    found = film_status(open_film(path)) if item.kind == "film" else clip_status(open_clip(path))
    if found.state == "done":
        raise RequestError(f"{item.name}: is finished")
    if found.state == "damaged":  # the command would refuse too, once its turn has come
        raise RequestError(found.faults[0].replace(f"{desk.folder}{os.sep}", ""))
    for job, now in jobs.items():
        if now == "waiting":
            desk.waiting.move(job, desk.waiting.jobs()[0])
            return job
    for job, now in jobs.items():
        if now in FINISHED and now != "done":
            desk.waiting.remove(job)  # what follows takes its place
    return desk.waiting.add(f"Render {item.name}", ("resume", place), place, first=True)
