"""A studio's queue as tests see it, and what it has started brought to an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from support.studio import until


def jobs_of(client: httpx.Client) -> list[dict[str, Any]]:
    """All jobs, as a page sees them."""
    return client.get("/api/queue").json()["jobs"]


def job_of(client: httpx.Client, job: str) -> dict[str, Any]:
    """One of them."""
    return next(each for each in jobs_of(client) if each["id"] == job)


def wait_for_state(client: httpx.Client, job: str, *states: str) -> dict[str, Any]:
    """A job, once it is in one of these states."""
    return until(lambda: (found := job_of(client, job))["state"] in states and found)


def child_of(folder: Path, job: str) -> int:
    """The process of a job's command."""
    note = folder / ".studio/queue" / f"{job}.begun.json"
    return int(json.loads(note.read_bytes())["process"])
