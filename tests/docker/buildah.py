"""Build images and run programs in them without a Docker daemon: buildah, with chroot for isolation.

Everything lies in one folder, which can be removed afterwards; the machine's own images are not touched.
Needs root, and Debian's packages `buildah` and `debootstrap`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLIM = (
    "path-exclude /usr/share/doc/*",
    "path-include /usr/share/doc/*/copyright",
    "path-exclude /usr/share/info/*",
    "path-exclude /usr/share/locale/*",
    "path-exclude /usr/share/man/*",
)
"""What a slim base keeps out of itself, as dpkg's configuration says it."""

PIP_PLACES = ("index-url", "extra-index-url", "find-links")


@dataclass(frozen=True)
class Volume:
    """A folder or file of this machine, seen at `inside` while a container runs."""

    outside: Path
    inside: str
    mode: str = "rw"

    @property
    def option(self) -> str:
        return f"--volume={self.outside}:{self.inside}:{self.mode}"


@dataclass(frozen=True)
class Store:
    """A folder of images and containers.

    The driver `vfs` keeps a whole copy of each layer, and works on any file system.
    """

    folder: Path

    def command(self, *arguments: object) -> list[str]:
        """The command line of `buildah ARGUMENTS` on this store."""
        places = (f"--root={self.folder / 'images'}", f"--runroot={self.folder / 'run'}")
        return ["buildah", *places, "--storage-driver=vfs", *map(str, arguments)]

    def ask(self, *arguments: object) -> str:
        """What `buildah ARGUMENTS` prints.

        Raises:
            subprocess.CalledProcessError: it failed; its words are on stderr.
        """
        done = subprocess.run(self.command(*arguments), stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def show(self, *arguments: object) -> None:
        """Run `buildah ARGUMENTS` for its effect, its words going to the screen.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        subprocess.run(self.command(*arguments), check=True)


# ---- a base ----------------------------------------------------------------------------------------


def make_base(store: Store, release: str) -> str:
    """Make an image of a minimal Debian, as slim as those that are published, and return its name."""
    name = f"localhost/debian-{release}"
    tree = store.folder / release
    subprocess.run(["debootstrap", "--variant=minbase", release, str(tree)], check=True, stdout=sys.stderr)
    slim_down(tree)
    container = store.ask("from", "scratch")
    store.ask("add", "--quiet", container, tree, "/")
    store.ask("commit", "--quiet", "--rm", container, name)
    return name


def slim_down(tree: Path) -> None:
    """Remove what a slim base does without, now and for the packages that will come."""
    (tree / "etc/dpkg/dpkg.cfg.d/slim").write_text("\n".join(SLIM) + "\n")
    for pattern in ("usr/share/man/*", "usr/share/locale/*", "usr/share/info/*", "var/lib/apt/lists/*"):
        subprocess.run(["rm", "-rf", *map(str, tree.glob(pattern))], check=True)
    unwanted = (path for path in tree.glob("usr/share/doc/*/*") if path.name != "copyright")
    for path in (*unwanted, *tree.glob("var/cache/apt/archives/*.deb")):
        if not path.is_dir():
            path.unlink(missing_ok=True)  # some packages share one folder, by a link


# ---- building --------------------------------------------------------------------------------------


def build(store: Store, context: Path, base: str, target: str, volumes: Sequence[Volume]) -> str:
    """Build a stage of the Dockerfile in `context`, and return the image's name."""
    image = f"localhost/{target}"
    options = (f"--build-arg=BASE={base}", f"--target={target}", f"--tag={image}", "--pull-never")
    mounts = (volume.option for volume in volumes)
    store.show("build", "--isolation=chroot", "--layers", *options, *mounts, context)
    return image


def callers_pip(folder: Path) -> list[Volume]:
    """What lets pip, inside a build, find packages where the pip of this Python finds them.

    The caller's configuration is mounted for the build alone and does not end up in the image.
    """
    settings = pip_settings()
    volumes = [Volume(path, str(path), "ro") for path in local_places(settings)]
    if "cert" in settings:
        volumes.append(Volume(Path(settings["cert"]), "/etc/pip.pem", "ro"))
        settings["cert"] = "/etc/pip.pem"
    configuration = folder / "pip.conf"
    lines = [f"{key} = {value}" for key, value in settings.items()]
    configuration.write_text("\n".join(["[global]", *lines, ""]))
    return [*volumes, Volume(configuration, "/etc/pip.conf", "ro")]


def pip_settings() -> dict[str, str]:
    """The settings of the pip of this Python, from its files and from the environment, which comes first."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = re.findall(r"^(:env:|global|install)\.([\w-]+)=('.*')$", listing, flags=re.MULTILINE)
    last_wins = sorted(found, key=lambda setting: setting[0] == ":env:")
    return {key: ast.literal_eval(value) for _, key, value in last_wins}


def local_places(settings: dict[str, str]) -> Iterator[Path]:
    """The folders of this machine where pip looks; an index on disk leads to files beside it."""
    for key in PIP_PLACES:
        for place in settings.get(key, "").split():
            path = Path(place.removeprefix("file://"))
            if path.is_absolute() and path.is_dir():
                yield path if key == "find-links" else path.parent


# ---- running ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Container:
    """A container of an image, in which programs run one after the other."""

    store: Store
    name: str
    entry: tuple[str, ...]
    user: str
    folder: str
    environment: tuple[str, ...]

    def command(self, *arguments: object, user: str = "", volumes: Sequence[Volume] = ()) -> list[str]:
        """The command line that does what `docker run IMAGE ARGUMENTS` does."""
        options = [f"--user={user}"] if user else []
        options += [volume.option for volume in volumes]
        run = self.store.command("run", "--isolation=chroot", *options, self.name, "--", *self.entry)
        return [*run, *map(str, arguments)]

    def shell(self, script: str) -> str:
        """What a shell script prints in the container."""
        return self.store.ask("run", "--isolation=chroot", self.name, "--", "sh", "-c", script)

    @contextmanager
    def tree(self) -> Iterator[Path]:
        """The container's files."""
        path = Path(self.store.ask("mount", self.name))
        try:
            yield path
        finally:
            self.store.ask("umount", self.name)


@contextmanager
def container(store: Store, image: str) -> Iterator[Container]:
    """A container of an image, removed at the end."""
    config = image_config(store, image)
    name = store.ask("from", "--pull-never", image)
    try:
        yield Container(
            store,
            name,
            tuple(config["Entrypoint"]),
            config["User"],
            config["WorkingDir"],
            tuple(config["Env"]),
        )
    finally:
        store.ask("rm", name)


def image_config(store: Store, image: str) -> dict[str, Any]:
    """The image's configuration: Entrypoint, User, WorkingDir, Env, StopSignal and so on."""
    config: dict[str, Any] = json.loads(store.ask("inspect", "--type=image", image))["OCIv1"]["config"]
    return config


def as_first_process(container: Container, tree: Path, *arguments: object, clips: Path) -> list[str]:
    """The command line that runs the image's entry point as process 1 of a namespace of its own.

    `buildah run --isolation=chroot` shares this machine's processes, and process 1 is special: the system
    gives it no signal that it does not ask for. Docker's first process is in that place.
    """
    setup = (
        'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/clips"'
        " && tree=$1 user=$3 folder=$4 && shift 4"
        ' && exec chroot --userspec="$user" "$tree" env -i -C "$folder" "$@"'
    )
    alone = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--", "sh", "-c", setup, "sh")
    place = (tree, clips, f"{container.user}:{container.user}", container.folder)
    return [str(word) for word in (*alone, *place, *container.environment, *container.entry, *arguments)]


def folder_of(user_id: int, path: Path) -> Path:
    """Make a folder that belongs to a user."""
    path.mkdir(parents=True)
    os.chown(path, user_id, user_id)
    return path
