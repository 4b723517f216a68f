"""What a request says: its body, read with a limit, and its values, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from starlette.requests import Request

from dreamzoom.errors import RequestError, quote_value

T = TypeVar("T")

_LARGEST = 1 << 20  # bytes


async def read_body(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request carries; an empty one where it carries nothing.

    Raises:
        RequestError: it is no JSON object, or is too large.
    """
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > _LARGEST:
            raise RequestError(f"the request is larger than {_LARGEST} bytes")
    try:
        body = json.loads(parts) if parts else {}
    except (ValueError, RecursionError) as error:
        raise RequestError("the request is no JSON") from error
    if not isinstance(body, dict):
        raise RequestError("the request must be a JSON object")
    return body


def take(body: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """A value of a request, by its name; a whole number is a float too.

    Raises:
        RequestError: it is missing and there is no default, or it is of another kind.
    """
    value = body.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
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
