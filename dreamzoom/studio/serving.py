"""The server's life: its port, its token, the browser, its end."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from dreamzoom.errors import StorageError
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.studio.app import make_app
from dreamzoom.studio.desk import PRIVATE, open_desk

_LONGEST = 200  # bytes of a token


def serve(folder: Path, port: int, say: Callable[[str], None], *, opens: bool = True) -> None:
    """Serve a folder until it is stopped.

    Args:
        port: 0 takes any that is free.
        opens: open the browser.

    Raises:
        StorageError: the folder cannot be written.
    """
    desk, token = open_desk(folder), studio_token(folder)
    listening = socket.create_server(("127.0.0.1", port))
    port = listening.getsockname()[1]
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    app = make_app(desk, token, hosts)
    address = f"http://127.0.0.1:{port}/#{token}"
    say(f"studio of {folder}: {address}")
    if opens:
        webbrowser.open(address)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run([listening])


def studio_token(folder: Path) -> str:
    """The token of a folder's studio: the same for every server, so that an open page goes on."""
    path = folder / PRIVATE / "token"
    if path.exists():
        return read_at_most(path, _LONGEST, StorageError, "token").decode()
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_urlsafe(24)
    write_atomically(path, token.encode())
    path.chmod(0o600)
    return token
