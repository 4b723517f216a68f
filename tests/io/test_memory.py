"""How much memory is left: the machine's, the containers' around the process, and its own limits."""

from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from dreamzoom.errors import MemoryShortageError
from dreamzoom.io import memory
from dreamzoom.io.memory import available_memory, gigabytes, require_memory

MIB = 1 << 20
MEMINFO = f"MemTotal: {64 << 20} kB\nMemFree: {8 << 20} kB\nMemAvailable: {32 << 20} kB\n"
UNIFIED = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
BY_CONTROLLER = "36 32 0:33 {top} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"


def system(root: Path, files: dict[str, str]) -> int | None:
    """What is left on a system of these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return available_memory(root)


def group(path: str, maximum: str, used: int, high: str = "max", stat: str = "") -> dict[str, str]:
    """A control group of version 2."""
    values = {"max": maximum, "high": high, "current": str(used), "stat": stat}
    return {f"sys/fs/cgroup/{path}/memory.{name}": f"{value}\n" for name, value in values.items()}


def inside(path: str) -> dict[str, str]:
    return {"proc/meminfo": MEMINFO, "proc/self/cgroup": f"0::{path}\n", "proc/self/mountinfo": UNIFIED}


def old_group(path: str, limit: int, used: int, stat: str = "") -> dict[str, str]:
    """A control group of version 1."""
    values = {"limit_in_bytes": limit, "usage_in_bytes": used, "stat": stat}
    return {f"sys/fs/cgroup/memory/{path}/memory.{name}": f"{value}\n" for name, value in values.items()}


def test_where_the_system_tells_nothing_nothing_is_known(tmp_path):
    assert available_memory(tmp_path) is None


def test_without_limits_it_is_what_the_machine_has_left(tmp_path):
    assert system(tmp_path, {"proc/meminfo": MEMINFO}) == 32 << 30


def test_an_old_kernel_counts_what_is_free_and_cached(tmp_path):
    told = "MemTotal: 9000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 3 kB\n"
    assert system(tmp_path, {"proc/meminfo": told}) == 123 << 10


def test_a_machine_that_promises_no_more_than_it_has_is_believed(tmp_path):
    promised = MEMINFO + "CommitLimit: 5000 kB\nCommitted_AS: 4000 kB\n"
    files = {"proc/meminfo": promised, "proc/sys/vm/overcommit_memory": "2\n"}
    assert system(tmp_path, files) == 1000 << 10
    assert system(tmp_path, {"proc/sys/vm/overcommit_memory": "0\n"}) == 32 << 30


def test_a_group_leaves_what_it_does_not_use(tmp_path):
    assert system(tmp_path, inside("/app") | group("app", str(600 * MIB), 200 * MIB)) == 400 * MIB


def test_what_a_group_only_caches_can_be_taken_back(tmp_path):
    stat = f"anon 5\ninactive_file {30 * MIB}\nactive_file {20 * MIB}"
    files = inside("/app") | group("app", str(600 * MIB), 200 * MIB, stat=stat)
    assert system(tmp_path, files) == 450 * MIB


def test_the_group_that_is_tightest_counts_wherever_it_is(tmp_path):
    files = inside("/a/b") | group("a/b", "max", 10 * MIB) | group("a", str(300 * MIB), 100 * MIB)
    assert system(tmp_path, files) == 200 * MIB


def test_a_group_is_held_back_from_its_high_mark_on(tmp_path):
    files = inside("/a") | group("a", str(600 * MIB), 100 * MIB, high=str(250 * MIB))
    assert system(tmp_path, files) == 150 * MIB


def test_a_container_sees_its_group_as_the_root(tmp_path):
    assert system(tmp_path, inside("/") | group("", str(300 * MIB), 100 * MIB)) == 200 * MIB


def test_more_used_than_allowed_leaves_nothing(tmp_path):
    assert system(tmp_path, inside("/a") | group("a", "1000", 2000)) == 0


@pytest.mark.parametrize(
    ("path", "top", "folder"),
    [("/a/b", "/", "a/b"), ("/docker/x", "/docker/x", ""), ("/docker/x/y", "/docker/x", "y")],
)
def test_groups_of_the_first_version_are_found_below_what_is_mounted(tmp_path, path, top, folder):
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": f"9:cpu:/elsewhere\n4:memory,hugetlb:{path}\n0::/\n",
        "proc/self/mountinfo": BY_CONTROLLER.format(top=top),
    }
    stat = f"total_inactive_file {5 * MIB}\ntotal_active_file {MIB}"
    files |= old_group(folder, 300 * MIB, 100 * MIB, stat)
    assert system(tmp_path, files) == 206 * MIB


def test_no_limit_of_the_first_version_is_a_huge_number(tmp_path):
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "4:memory:/a\n",
        "proc/self/mountinfo": BY_CONTROLLER.format(top="/"),
    }
    assert system(tmp_path, files | old_group("a", 0x7FFFFFFFFFFFF000, 5)) == 32 << 30


def test_a_blank_in_the_name_of_a_mount_is_read(tmp_path):
    files = inside("/a")
    files["proc/self/mountinfo"] = UNIFIED.replace("/sys/fs/cgroup", r"/sys/fs/cgroup/my\040groups")
    assert system(tmp_path, files | group("my groups/a", str(300 * MIB), 100 * MIB)) == 200 * MIB


@pytest.mark.parametrize("name", ["Max address space", "Max data size"])
def test_limits_of_the_process_count_less_what_it_has(tmp_path, name):
    pages = 200 * MIB // mmap.PAGESIZE
    limits = f"Limit                     Soft Limit           Hard Limit\n{name:<26}{900 * MIB}   unlimited\n"
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/limits": limits,
        "proc/self/statm": f"{pages} 9 9 1 0 {pages} 0",
    }
    assert system(tmp_path, files) == 700 * MIB


@pytest.mark.parametrize("text", ["", "nonsense", "0::\n::\n", "MemAvailable: kB\n\0", "a b c - d\n"])
def test_files_of_no_sense_tell_nothing(tmp_path, text):
    names = ("meminfo", "self/cgroup", "self/mountinfo", "self/limits", "self/statm")
    assert system(tmp_path, {f"proc/{name}": text for name in names}) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_this_machine_tells_and_a_limit_is_seen():
    assert (available_memory() or 0) > 50 * MIB
    ask = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30));"
        "from dreamzoom.io.memory import available_memory; print(available_memory())"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 2 << 30


def test_too_much_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 6_000_000_000)
    require_memory(5_900_000_000, "a.jpg", "")
    with pytest.raises(MemoryShortageError) as caught:
        require_memory(8_400_000_000, "a.jpg: to dream it at 4000x3000", "use --size 2000x1500")
    assert str(caught.value) == (
        "a.jpg: to dream it at 4000x3000 needs about 8.4 GB of memory, and 6.0 GB are left: "
        "use --size 2000x1500"
    )


def test_where_nothing_is_known_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    require_memory(1 << 50, "everything", "")
    assert (gigabytes(1_440_000_000), gigabytes(20_000_000)) == ("1.4 GB", "20 MB")
