"""The queue as pages see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dreamzoom.clip.lock import is_being_written
from dreamzoom.errors import printable
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.queue.jobs import FIRST_JOB, Job, JobState
from dreamzoom.studio.queue.record import CUT_OFF, Record


def queue_facts(desk: Desk, trouble: str = "") -> dict[str, Any]:
    """All jobs: first what is at work, then what waits, in its order, then what has ended, the latest first.

    Args:
        trouble: why the queue does not get on, "" where it does.
    """
    jobs = [(job, desk.waiting.state(job)) for job in desk.waiting.jobs()]
    running = [job for job, state in jobs if state == "running"]
    waiting = [job for job, state in jobs if state == "waiting"]
    told = [_facts(desk, job, "running") for job in running]
    for place, job in enumerate(waiting):
        why = hindrance(desk.folder, job, [*running, *waiting[:place]])
        told.append({**_facts(desk, job, "waiting"), "waits": why or ""})
    ended = [_facts(desk, job, state) for job, state in jobs if state not in ("running", "waiting")]
    told += sorted(ended, key=lambda facts: -(facts["ended"] or 0))
    return {
        "jobs": told,
        "paused": desk.waiting.is_paused,
        "from_elsewhere": desk.waiting.is_from_elsewhere,
        "trouble": trouble,
    }


def order_facts(job: Job) -> dict[str, Any]:
    """What was put in line: the job, and the item that it becomes."""
    place = Path(job.target)
    return {
        "job": job.id,
        "item": item_id(place),
        "name": printable(place.name),
        "title": printable(job.title),
    }


def hindrance(folder: Path, job: Job, ahead: list[Job]) -> str | None:
    """Why a job cannot begin yet; None where it can.

    Args:
        ahead: what is at work, and what waits before it.
    """
    for earlier in ahead:
        if job.needs(earlier):
            return f"after: {printable(earlier.title)}"
    if job.target and is_being_written(folder / job.target):
        return "another program is at work on it"
    return None


def _facts(desk: Desk, job: Job, state: JobState) -> dict[str, Any]:
    record = desk.waiting.record(job)
    begun, ended = record.begun(), record.ended()
    return {
        "id": job.id,
        "title": printable(job.title),
        "command": ["dreamzoom", *map(printable, job.words)],
        "state": state,
        "quick": job.is_quick,
        "first": job.id == FIRST_JOB,
        "item": item_id(Path(job.target)) if job.target else None,
        "stopping": state == "running" and record.is_stopping(),
        "began": begun.at if begun else None,
        "ended": ended.at if ended else begun.at if begun else None,
        "words": _words(record, state),
        "progress": record.progress() if state in ("running", "stopped", "failed") else None,
        "has_log": record.path("log").exists(),
    }


def _words(record: Record, state: JobState) -> str:
    """What is to be said of how it ended."""
    ended = record.ended()
    if state == "stopped" and ended is None:
        return CUT_OFF
    return ended.words if state == "failed" and ended is not None else ""
