"""The server's life: it listens, opens the browser, and ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn

from dreamzoom.errors import RequestError, shell_word
from dreamzoom.studio.addresses import Listening, code_lines, listen
from dreamzoom.studio.app import make_app
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.instance import TwiceError, alone, make_private, note_address, studio_token
from dreamzoom.studio.opening import open_browser
from dreamzoom.studio.uploads.accepting import clear_room
from dreamzoom.studio.wire import BoundedProtocol, allow_many_files

_KEPT_S: Final = 20  # seconds for which a connection without a request stays
_OPENING_S: Final = 1.0  # for the browser to begin
_FAREWELL_S: Final = 1.0  # for answers that are on their way when the server ends


def serve(
    folder: Path,
    host: str,
    port: int | None,
    say: Callable[[str], None],
    *,
    opens: bool = True,
    shows_code: bool = False,
    at_once: int = 1,
) -> None:
    """Serve a folder until it is stopped; where another process does so already, open the browser on that.

    Args:
        folder: made if it is missing.
        host: the address to listen on, see `listen`.
        port: 0 takes any that is free, None the usual one if it is.
        opens: open the browser.
        shows_code: show a QR code where other machines may come.
        at_once: how many renders of the queue are made side by side.

    Raises:
        RequestError: it is no folder, or cannot be served as asked.
        StorageError: the folder cannot be written.
    """
    private = make_private(folder)
    try:
        with alone(private):
            token = studio_token(private)
            listening = listen(host, port)
            note_address(private, listening.here)
            _tell(folder, listening, token, say, shows_code=shows_code)
            if opens:
                open_browser(private, f"{listening.here}/#{token}")
            _run(folder, token, listening, at_once)
    except TwiceError as error:
        _show_running(folder, error.address, studio_token(private), (host, port), say, opens=opens)
        return
    again = shell_word(str(folder))
    say(f"the studio has ended; what is being rendered goes on. Again with: dreamzoom studio {again}")


def _run(folder: Path, token: str, listening: Listening, at_once: int) -> None:
    allow_many_files()
    desk = open_desk(folder)
    clear_room(desk)
    phone = f"{listening.network}/#{token}" if listening.network else ""
    app = make_app(desk, token, listening.names, phone, at_once)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEPT_S,
    )
    asyncio.run(_Server(config).serve(list(listening.sockets)))


class _Server(uvicorn.Server):
    """uvicorn's server, which ends soon, and without a word, when it is asked to."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Within it Ctrl-C and SIGTERM end the server; a second one ends the process where it stands."""

        def handle(number: int, frame: object) -> None:
            if self.should_exit:
                os._exit(128 + number)
            self.handle_exit(number, None)

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """End what is on its way: an event stream has no end of its own."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it would tell of each of them
        for server in self.servers:
            server.close()
        connections = list(self.server_state.connections)
        for connection in connections:
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_FAREWELL_S)
        for connection in connections:
            connection.transport.abort()
        await super().shutdown(None)


def _tell(
    folder: Path, listening: Listening, token: str, say: Callable[[str], None], *, shows_code: bool
) -> None:
    say(f"studio of {folder.resolve()}: {listening.here}/#{token}")
    if not listening.is_open:
        return
    if not listening.network:
        say("this machine is in no network: nobody else can come")
        return
    address = f"{listening.network}/#{token}"
    if listening.network != listening.here:
        say(f"in your network: {address}")
    say("whoever in your network has this address may direct the studio; what they send can be overheard")
    if shows_code:
        for line in code_lines(address):
            say(line)


def _show_running(
    folder: Path,
    address: str,
    token: str,
    wanted: tuple[str, int | None],
    say: Callable[[str], None],
    *,
    opens: bool,
) -> None:
    """Open the browser on the studio that runs."""
    host, port = wanted
    if port not in (None, 0, int(address.rpartition(":")[2])) or host not in ("127.0.0.1", "localhost"):
        raise RequestError(
            f"a studio of {folder} runs already, at {address}: stop it there with Ctrl-C first"
        )
    say(f"a studio of {folder.resolve()} runs already: {address}/#{token}")
    if opens:
        open_browser(make_private(folder), f"{address}/#{token}", _OPENING_S)
