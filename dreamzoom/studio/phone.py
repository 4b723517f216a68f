"""The address for a phone in the same network, as a code that its camera reads."""

from __future__ import annotations

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def phone_routes(address: str) -> list[Route]:
    """The route of the code.

    Args:
        address: with the token; "" where no other machine may come.
    """

    def phone(request: Request) -> Response:
        return JSONResponse({"address": address, "code": code(address) if address else []})

    return [Route("/api/phone", phone)]


def code(text: str) -> list[str]:
    """A text as a QR code, a row of 0 and 1 for each row of its modules."""
    return [
        "".join("1" if module else "0" for module in row) for row in segno.make_qr(text, error="l").matrix
    ]
