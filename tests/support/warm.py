"""The real command in a process of its own, without the seconds in which Python loads torch.

A server loads it once, and forks for each command: what runs is a process like any other, with its own
arguments, streams, folder, environment, signals and exit status.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shlex
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

_SERVER = """
import json, os, signal, socket, sys
door = socket.socket(fileno=int(sys.argv[1]))
import dreamzoom.batch, dreamzoom.dreamer, dreamzoom.film.making, dreamzoom.render.loop
while True:
    data, streams, _, _ = socket.recv_fds(door, 1 << 20, 3)
    if not data:
        sys.exit()
    asked = json.loads(data)
    child = os.fork()
    if child == 0:
        break
    for stream in streams:
        os.close(stream)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    door.sendall(json.dumps(status).encode())
door.close()
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["folder"])
sys.argv = ["dreamzoom", *asked["arguments"]]
from dreamzoom.cli import main
main()
"""

_CLIENT = """
import json, os, socket, sys
asked = {"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
with socket.socket(socket.AF_UNIX) as door:
    door.connect(sys.argv[1])
    door.sendall(json.dumps(asked).encode())
    door.shutdown(socket.SHUT_WR)
    status, out, err = json.loads(door.makefile("rb").read())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(status)
"""

_LONGEST_S = 300.0
_SAME = ("PYTHONPATH", "PYTHONIOENCODING", "PYTHONUTF8", "LANG", "LC_ALL")
_OWN = {name: os.environ.get(name) for name in _SAME}


def can_be_warm(environment: Mapping[str, str]) -> bool:
    """Whether a command would have in an environment the modules and the encodings that the server has."""
    return sys.platform == "linux" and {name: environment.get(name) for name in _SAME} == _OWN


def run_warm(
    arguments: Sequence[str], folder: str | os.PathLike[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `dreamzoom ARGUMENTS`; nothing is on its stdin."""
    asked = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        Path(os.devnull).open("rb") as empty,
    ):
        door = _door()
        socket.send_fds(door, [json.dumps(asked).encode()], [each.fileno() for each in (empty, out, err)])
        answer = door.recv(100)
        assert answer, "the server of warm processes has ended"
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode())
    return subprocess.CompletedProcess(["dreamzoom", *arguments], json.loads(answer), *said)


@contextlib.contextmanager
def warm_program() -> Iterator[str]:
    """The words of a program that scripts call in place of dreamzoom: as `run_warm`, one call at a time."""
    with tempfile.TemporaryDirectory() as name:
        client, address = Path(name) / "client.py", Path(name) / "door"
        client.write_text(_CLIENT)
        server = socketserver.UnixStreamServer(str(address), _Call)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield shlex.join([sys.executable, "-I", "-S", str(client), str(address)])
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = json.loads(self.rfile.read())
        done = run_warm(asked["arguments"], asked["folder"], asked["environment"])
        self.wfile.write(json.dumps([done.returncode, done.stdout, done.stderr]).encode())


@cache
def _door() -> socket.socket:
    """The way to the server, which ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a request comes whole
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    ours.settimeout(_LONGEST_S)

    @atexit.register
    def end() -> None:
        with contextlib.suppress(OSError):
            ours.close()
        server.wait(10)

    return ours
