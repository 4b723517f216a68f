"""The Caffe builder, without a build: what it takes from the cache, what it refuses, and what it writes."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
import types
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from wheel.wheelfile import WheelFile

from dreamzoom.engines import build_caffe

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Caffe is built on Linux only")

TARGET = build_caffe.BuildTarget("cp311", "cp311", "linux_x86_64", "debian12")

READELF = """\
 0x0000000000000001 (NEEDED)             Shared library: [libglog.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libopenblas.so.0]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [_caffe.so]
"""
LDD = """\
\tlinux-vdso.so.1 (0x00007ffc00000000)
\tlibglog.so.1 => /lib/x86_64-linux-gnu/libglog.so.1 (0x00007f0000000000)
\tlibopenblas.so.0 => /lib/x86_64-linux-gnu/libopenblas.so.0 (0x00007f0000100000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0000200000)
\tlibgflags.so.2.2 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f0000300000)
"""
OWNERS = {
    "/usr/lib/x86_64-linux-gnu/libglog.so.1": "libgoogle-glog0v6:amd64",
    "/usr/lib/x86_64-linux-gnu/libopenblas.so.0": "libopenblas0-pthread:amd64",
    "/lib/x86_64-linux-gnu/libc.so.6": "libc6:amd64",
}


@pytest.fixture
def log(tmp_path: Path) -> build_caffe.StepLog:
    return build_caffe.StepLog(tmp_path / "steps.log")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def built(cache: Path) -> build_caffe.Built:
    """A small wheel in the cache, recorded as a build would."""
    wheel = cache / TARGET.wheel_name
    build_caffe.write_wheel(wheel, {"caffe/__init__.py": b"__version__ = '1.0.0'\n"})
    digest = build_caffe.sha256_of(wheel)
    packages = ["libc6", "libgoogle-glog0v6"]
    built = build_caffe.Built(wheel, digest, build_caffe.SOURCE_SHA256, packages)
    build_caffe.write_record(built)
    return built


@pytest.fixture
def on_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the running Python be the one the small wheel is for."""
    monkeypatch.setattr(build_caffe, "running_target", lambda: TARGET)


def answer(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, str | None]) -> None:
    """Let programs print what is given for them, by the program's name."""
    monkeypatch.setattr(build_caffe, "output_of", lambda command: answers.get(str(command[0])))


def installed(*packages: str) -> dict[str, str | None]:
    return {"dpkg-query": "".join(f"{package} installed\n" for package in packages)}


# ---- names ---------------------------------------------------------------------------------------


def test_boost_python_of_the_running_version_is_linked() -> None:
    patch = build_caffe.patches((3, 12))[0]
    assert (patch.old, patch.new) == ("-lboost_python ", "-lboost_python312 ")


def test_wheel_name_says_all_that_makes_it_useless_elsewhere() -> None:
    assert TARGET.wheel_name == "dreamzoom_caffe-1.0.0+brocolli9.0.2.debian12-2-cp311-cp311-linux_x86_64.whl"


@pytest.mark.parametrize(
    ("os_release", "name"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, "debian12"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "ubuntu24.04"),
        ({"ID": "debian", "VERSION_CODENAME": "sid"}, "debiansid"),
        ({}, "linuxrolling"),
    ],
)
def test_release_is_one_word_a_version_may_hold(os_release: dict[str, str], name: str) -> None:
    assert build_caffe.release_name(os_release) == name


def test_cache_follows_xdg_and_ignores_a_relative_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build_caffe.default_cache() == tmp_path / "dreamzoom" / "wheels"
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert build_caffe.default_cache() == Path.home() / ".cache" / "dreamzoom" / "wheels"


# ---- the cache -----------------------------------------------------------------------------------


def test_recorded_wheel_is_used(cache: Path, built: build_caffe.Built) -> None:
    assert build_caffe.cached_wheel(cache, TARGET) == built


def test_empty_cache_has_no_wheel(cache: Path) -> None:
    assert build_caffe.cached_wheel(cache, TARGET) is None


def replaced_in(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize(
    "damage",
    [
        lambda wheel, _: wheel.write_bytes(wheel.read_bytes()[:-1]),
        lambda wheel, _: replaced_in(wheel, b"caffe/__init__.py", b"caffe/__init__.px"),
        lambda _, record: replaced_in(record, build_caffe.SOURCE_SHA256.encode(), b"0" * 64),
        lambda _, record: record.unlink(),
        *(
            lambda _, record, content=content: record.write_text(content)
            for content in ("", "{", "[]", "null", '{"sha256": 1}')
        ),
    ],
)
def test_wheel_that_is_not_as_it_was_recorded_is_not_used(
    cache: Path, built: build_caffe.Built, damage: Callable[[Path, Path], object]
) -> None:
    damage(built.wheel, build_caffe.record_path(built.wheel))
    assert build_caffe.cached_wheel(cache, TARGET) is None


def test_cached_wheel_is_taken_without_writing(
    cache: Path, built: build_caffe.Built, log: build_caffe.StepLog
) -> None:
    before = sorted(cache.iterdir())
    assert build_caffe.obtain_wheel(cache, TARGET, 1, log) == built
    assert sorted(cache.iterdir()) == before


def test_failed_build_leaves_no_wheel(
    monkeypatch: pytest.MonkeyPatch, cache: Path, log: build_caffe.StepLog
) -> None:
    def fail(*_: object) -> Path:
        raise build_caffe.BuildError("compiling Caffe failed")

    monkeypatch.setattr(build_caffe, "require_packages", lambda *_: None)
    monkeypatch.setattr(build_caffe, "provide_packer", lambda *_: None)
    monkeypatch.setattr(build_caffe, "find_headers", lambda *_: {})
    monkeypatch.setattr(build_caffe, "fetch_source", lambda folder, _: folder)
    monkeypatch.setattr(build_caffe, "compile_caffe", fail)
    with pytest.raises(build_caffe.BuildError, match="compiling Caffe failed"):
        build_caffe.obtain_wheel(cache, TARGET, 1, log)
    assert [path.name for path in cache.iterdir()] == [".lock"]


def test_unwritable_cache_is_reported(tmp_path: Path, log: build_caffe.StepLog) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(build_caffe.UnsupportedError, match="--cache DIR"):
        build_caffe.obtain_wheel(blocked / "wheels", TARGET, 1, log)


# ---- system packages -----------------------------------------------------------------------------


def test_missing_packages_without_root_give_the_command(
    monkeypatch: pytest.MonkeyPatch, log: build_caffe.StepLog
) -> None:
    answer(monkeypatch, installed("cmake", "g++"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(build_caffe.UnsupportedError) as caught:
        build_caffe.require_packages(["make", "cmake", "libhdf5-dev"], log)
    message = str(caught.value)
    assert message.endswith("sudo apt-get install --no-install-recommends libhdf5-dev make")
    assert "\n" not in message
    assert caught.value.exit_status == 2


def test_missing_packages_are_installed_by_root(
    monkeypatch: pytest.MonkeyPatch, log: build_caffe.StepLog
) -> None:
    commands: list[Sequence[str | Path]] = []

    def record(_: object, __: str, command: Sequence[str | Path], **___: Any) -> None:
        commands.append(command)

    answer(monkeypatch, installed("cmake"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(build_caffe.StepLog, "run", record)
    build_caffe.require_packages(["cmake", "make"], log)
    update, install = commands
    assert update[-1] == "update"
    assert install[-2:] == ["--no-install-recommends", "make"]


def test_nothing_is_installed_when_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, log: build_caffe.StepLog
) -> None:
    answer(monkeypatch, installed("cmake", "make"))
    build_caffe.require_packages(["cmake", "make"], log)
    assert not log.path.exists()


def test_removed_package_with_files_left_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, {"dpkg-query": "cmake installed\nmake config-files\n"})
    assert build_caffe.missing_packages(["cmake", "make"]) == ["make"]


def test_system_without_dpkg_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, {})
    with pytest.raises(build_caffe.UnsupportedError, match="Debian and Ubuntu only"):
        build_caffe.missing_packages(["cmake"])


def test_runtime_packages_own_the_libraries_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def output_of(command: Sequence[str | Path]) -> str | None:
        if command[0] == "dpkg-query":
            owner = OWNERS.get(str(command[-1]))
            return f"{owner}: {command[-1]}\n" if owner else None
        return {"readelf": READELF, "ldd": LDD}[str(command[0])]

    monkeypatch.setattr(build_caffe, "output_of", output_of)
    packages = build_caffe.runtime_packages(tmp_path / "_caffe.so")
    assert packages == ["libc6", "libgoogle-glog0v6", "libopenblas0-pthread"]


def test_library_of_no_package_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer(monkeypatch, {"readelf": READELF, "ldd": LDD, "dpkg-query": None})
    with pytest.raises(build_caffe.BuildError, match=r"no system package owns libc\.so\.6"):
        build_caffe.runtime_packages(tmp_path / "_caffe.so")


def test_ldd_gives_found_libraries_only() -> None:
    found = build_caffe.resolved_libraries(LDD)
    assert found["libglog.so.1"] == Path("/lib/x86_64-linux-gnu/libglog.so.1")
    assert "libgflags.so.2.2" not in found


@pytest.mark.parametrize(
    ("reply", "owner"),
    [
        ("libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6\n", "libc6"),
        ("libgoogle-glog0v6t64: /usr/lib/libglog.so.1\n", "libgoogle-glog0v6t64"),
        ("libx:i386, libx:amd64: /usr/share/x\n", "libx"),
        ("diversion by a from: /lib/x\nlibb:amd64: /lib/x\n", "libb"),
        ("", ""),
    ],
)
def test_owner_is_read_from_dpkgs_answer(reply: str, owner: str) -> None:
    assert build_caffe.searched_owner(reply) == owner


# ---- the source ----------------------------------------------------------------------------------


def test_patch_replaces_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two three")
    build_caffe.Patch("a.txt", "two", "2", "").apply(tmp_path)
    assert (tmp_path / "a.txt").read_text() == "one 2 three"


@pytest.mark.parametrize("content", ["one three", "two two"])
def test_patch_refuses_a_source_it_was_not_written_for(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(build_caffe.BuildError, match=r"a\.txt in the source is not as expected"):
        build_caffe.Patch("a.txt", "two", "2", "").apply(tmp_path)


def test_source_with_other_bytes_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: build_caffe.StepLog
) -> None:
    def download(*_: object, **__: object) -> None:
        (tmp_path / "brocolli-caffe-9.0.2.tar.gz").write_bytes(b"something else")

    monkeypatch.setattr(build_caffe.StepLog, "run", download)
    with pytest.raises(build_caffe.BuildError, match="did not bring the pinned"):
        build_caffe.fetch_source(tmp_path, log)


def schema() -> bytes:
    """A schema of Caffe's name with one message and one enumeration, as protoc would describe it."""
    file = descriptor_pb2.FileDescriptorProto(
        name="caffe/proto/caffe.proto", package="caffe", syntax="proto2"
    )
    message = file.message_type.add(name="BlobShape")
    label, kind = (
        descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
        descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    )
    message.field.add(name="dim", number=1, label=label, type=kind)
    phase = file.enum_type.add(name="Phase")
    phase.value.add(name="TRAIN", number=0)
    phase.value.add(name="TEST", number=1)
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


def test_messages_are_made_from_the_schema_and_live_beside_another_copy() -> None:
    modules = [types.ModuleType(name) for name in ("first_pb2", "second_pb2")]
    for module in modules:
        exec(build_caffe.caffe_pb2(schema()), module.__dict__)  # noqa: S102 - the text under test
    first, second = modules
    assert first.BlobShape.FromString(second.BlobShape(dim=[1, 3]).SerializeToString()).dim == [1, 3]
    assert (first.TRAIN, first.TEST) == (0, 1)


# ---- the wheel -----------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A built package, with things in it that do not belong in the wheel."""
    folder = tmp_path / "python" / "caffe"
    for name in ("__init__.py", "_caffe.so", "proto/__init__.py", "test/test_net.py", "_caffe.cpp"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "LICENSE").write_text("BSD")
    return folder


def test_wheel_holds_package_licence_and_true_record(package: Path, tmp_path: Path) -> None:
    wheel = tmp_path / TARGET.wheel_name
    files = build_caffe.wheel_files(package, tmp_path / "LICENSE", TARGET)
    build_caffe.write_wheel(wheel, files)
    info = "dreamzoom_caffe-1.0.0+brocolli9.0.2.debian12.dist-info"
    modules = ["caffe/__init__.py", "caffe/_caffe.so", "caffe/proto/__init__.py"]
    with WheelFile(wheel) as archive:  # reading checks what RECORD says
        assert {name: archive.read(name) for name in files} == files
        assert archive.namelist() == [
            *modules,
            *(f"{info}/{n}" for n in ("METADATA", "WHEEL", "licenses/LICENSE", "RECORD")),
        ]
        rows = archive.read(f"{info}/RECORD").decode().splitlines()
        assert [row.rsplit(",", 2)[0] for row in rows] == archive.namelist()


def test_same_package_gives_the_same_bytes_at_any_time(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for time in ("1000000000", "1100000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", time)
        os.utime(package / "__init__.py", (int(time), int(time)))
        wheel = tmp_path / TARGET.wheel_name
        build_caffe.write_wheel(wheel, build_caffe.wheel_files(package, tmp_path / "LICENSE", TARGET))
        made.append(wheel.read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(wheel) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        modes = {entry.filename.rpartition(".")[2]: entry.external_attr >> 16 for entry in archive.infolist()}
        assert (modes["so"], modes["py"]) == (0o100755, 0o100644)


def test_packer_that_is_missing_is_unpacked_for_the_build_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: build_caffe.StepLog
) -> None:
    commands: list[Sequence[str | Path]] = []
    monkeypatch.setattr(build_caffe.StepLog, "run", lambda *words, **_: commands.append(words[2]))
    monkeypatch.setattr("sys.path", [*sys.path])
    build_caffe.provide_packer(tmp_path, log)
    assert commands == []
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    build_caffe.provide_packer(tmp_path, log)
    assert commands[0][-3:] == ["--target", tmp_path / "packer", "wheel>=0.43"]
    assert sys.path[-1] == str(tmp_path / "packer")


def test_packer_that_cannot_be_fetched_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: build_caffe.StepLog
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(build_caffe, "pip", lambda *_: [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(build_caffe.BuildError, match=r"pip install wheel"):
        build_caffe.provide_packer(tmp_path, log)


def test_metadata_states_name_version_and_licence() -> None:
    lines = build_caffe.metadata(TARGET).splitlines()
    header = lines[: lines.index("")]
    for line in (
        "Name: dreamzoom-caffe",
        "Version: 1.0.0+brocolli9.0.2.debian12",
        "License-Expression: BSD-2-Clause",
        "License-File: LICENSE",
        "Requires-Python: ==3.11.*",
        "Requires-Dist: six",
    ):
        assert line in header


def test_wheel_that_cannot_be_finished_leaves_the_old_one(cache: Path, built: build_caffe.Built) -> None:
    class DiskFull(Mapping[str, bytes]):
        def __getitem__(self, key: str) -> bytes:
            raise OSError(28, "No space left on device")

        def __iter__(self) -> Iterator[str]:
            return iter(["caffe/_caffe.so"])

        def __len__(self) -> int:
            return 1

    before = sorted(cache.iterdir())
    with pytest.raises(OSError, match="No space left"):
        build_caffe.write_wheel(built.wheel, DiskFull())
    assert sorted(cache.iterdir()) == before
    assert build_caffe.cached_wheel(cache, TARGET) == built


# ---- steps and the command -----------------------------------------------------------------------


def test_failed_step_says_what_where_and_how_it_ended(log: build_caffe.StepLog) -> None:
    program = "print('first'); print('the reason'); raise SystemExit(3)"
    with pytest.raises(build_caffe.BuildError) as caught:
        log.run("compiling Caffe", [sys.executable, "-c", program])
    first, second, *tail = str(caught.value).splitlines()
    assert first == "compiling Caffe failed with exit status 3"
    assert str(log.path) in second
    assert tail[-1].strip() == "the reason"


def test_step_without_its_program_is_refused(log: build_caffe.StepLog) -> None:
    with pytest.raises(build_caffe.UnsupportedError, match="no program 'no-such-cmake'"):
        log.run("configuring Caffe", ["no-such-cmake"])


def test_log_is_kept_only_when_a_step_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with build_caffe.step_log() as log:
        log.run("a step", [sys.executable, "-c", "print(1)"])
    assert not log.path.exists()
    with pytest.raises(build_caffe.BuildError), build_caffe.step_log() as log:
        log.run("a step", [sys.executable, "-c", "raise SystemExit('why')"])
    assert "why" in log.path.read_text()


def test_progress_is_told_every_ten_percent(capsys: pytest.CaptureFixture[str]) -> None:
    watch = build_caffe.progress_every(10)
    for line in ("[  3%] a", "[ 12%] b", "warning: [ 50%]", "[ 19%] c", "[ 20%] d"):
        watch(line)
    assert capsys.readouterr().err.splitlines() == ["compiling Caffe: 10 %", "compiling Caffe: 20 %"]


def test_search_path_has_no_empty_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIBRARY_PATH", raising=False)
    assert build_caffe.search_path([Path("/a"), Path("/b")], "LIBRARY_PATH") == "/a:/b"
    monkeypatch.setenv("LIBRARY_PATH", ":/c")
    assert build_caffe.search_path([Path("/a")], "LIBRARY_PATH") == "/a:/c"


@pytest.mark.usefixtures("on_target")
def test_runtime_packages_are_printed_from_the_record(
    cache: Path, built: build_caffe.Built, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_caffe.main(["--cache", str(cache), "--runtime-packages"]) == 0
    assert capsys.readouterr().out.splitlines() == built.runtime_packages


@pytest.mark.usefixtures("on_target")
@pytest.mark.parametrize("option", ["--runtime-packages", "--no-build"])
def test_empty_cache_ends_what_only_reads_it(
    cache: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_caffe.main(["--cache", str(cache), option]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"build_caffe: there is no {TARGET.wheel_name} in {cache}")


@pytest.mark.usefixtures("on_target")
def test_path_of_the_cached_wheel_goes_to_stdout(
    cache: Path, built: build_caffe.Built, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_caffe.main(["--cache", str(cache), "--no-install"]) == 0
    assert capsys.readouterr().out == f"{built.wheel}\n"


@pytest.mark.usefixtures("on_target", "built")
def test_cached_wheel_on_a_fresh_machine_wants_its_runtime_packages(
    monkeypatch: pytest.MonkeyPatch, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, installed("libc6") | {sys.executable: "pip 26"})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "prefix", "/a/virtual/environment")
    assert build_caffe.main(["--cache", str(cache)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.endswith("sudo apt-get install --no-install-recommends libgoogle-glog0v6\n")


def test_jobs_below_one_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_caffe.main(["--jobs", "0"])
    assert caught.value.code == 2
    assert "--jobs" in capsys.readouterr().err


def test_the_file_needs_the_standard_library_and_wheel_alone() -> None:
    tree = ast.parse(Path(build_caffe.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"wheel"}


def test_a_copy_of_the_file_runs_alone(tmp_path: Path) -> None:
    copy = tmp_path / "build_caffe.py"
    copy.write_bytes(Path(build_caffe.__file__).read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", str(copy), "--help"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "--runtime-packages" in done.stdout


# ---- the finished thing, where it is installed ---------------------------------------------------

NET = """\
name: "tiny"
force_backward: true
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "double" type: "Power" bottom: "data" top: "double" power_param { scale: 2 shift: 1 } }
"""

PROGRAM = """
import {imports}
import json, sys
import numpy as np
net = caffe.Net(sys.argv[1], caffe.TEST)
net.blobs["data"].reshape(1, 3, 5, 7)
net.reshape()
net.blobs["data"].data[...] = 3
net.forward()
net.blobs["double"].diff[...] = 0.5
net.backward(start="double")
shape = caffe.proto.caffe_pb2.BlobShape(dim=[1, 3])
data, double = net.blobs["data"], net.blobs["double"]
print(json.dumps([list(double.data.shape), np.unique(double.data).tolist(), np.unique(data.diff).tolist(),
                  list(shape.dim)]))
"""


@pytest.mark.skipif(importlib.util.find_spec("caffe") is None, reason="Caffe is not installed")
@pytest.mark.parametrize(
    "imports",
    [
        "caffe",
        "torch, google.protobuf, caffe",
        "caffe, torch",
        "dreamzoom.models.caffe.caffe_pb2, caffe",
    ],
)
def test_installed_caffe_computes_beside_other_libraries(tmp_path: Path, imports: str) -> None:
    prototxt = tmp_path / "net.prototxt"
    prototxt.write_text(NET)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(imports=imports), str(prototxt)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"GLOG_minloglevel": "2"},
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[1, 3, 5, 7], [7.0], [1.0], [1, 3]]
