"""What a request says: its body, read with a limit, and its values, checked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dreamzoom.errors import RequestError, quote_value
from dreamzoom.io.plain_json import parse_json

T = TypeVar("T")

_LARGEST = 1 << 20  # bytes


async def read_body(request: Request, largest: int = _LARGEST) -> Mapping[str, Any]:
    """The JSON object that a request carries; an empty one where it carries nothing.

    Args:
        largest: bytes that it may have.

    Raises:
        RequestError: it is no JSON object, or is too large, or ends before its end.
    """
    parts = bytearray()
    try:
        async for part in request.stream():
            parts += part
            if len(parts) > largest:
                raise RequestError(f"the request is larger than {largest} bytes")
    except ClientDisconnect as error:
        raise RequestError("the request has no end") from error
    body = _parse(bytes(parts)) if parts else {}
    if not isinstance(body, dict):
        raise RequestError("the request must be a JSON object")
    return body


def with_body(work: Callable[[Request, Mapping[str, Any]], Response]) -> Callable[[Request], Any]:
    """An endpoint that reads what a request carries, and works in a thread: disks may be slow."""

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        return await run_in_threadpool(work, request, body)

    return endpoint


def _parse(data: bytes) -> object:
    """The value of JSON, without half of a pair of surrogates."""
    try:
        value = parse_json(data)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise RequestError("the request is no JSON") from error
    return value


def take(body: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """A value of a request, by its name; a whole number is a float too.

    Raises:
        RequestError: it is missing and there is no default, or it is of another kind.
    """
    value = body.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 1 << 1000 else math.inf
    is_bool = isinstance(value, bool) and kind is not bool
    if not isinstance(value, kind) or is_bool or (isinstance(value, float) and not math.isfinite(value)):
        raise RequestError(f"{name} must be {_WORDS.get(kind, kind.__name__)}, got {quote_value(value)}")
    return value


_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
