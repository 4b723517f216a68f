"""What is exported for engines is run by them, or by a stand-in that says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import clip_status
from dreamzoom.film.folder import open_film
from dreamzoom.film.status import film_status
from support.clips import quickly, render_here, says
from support.farm import frames_of, write_storyboard
from support.studio import browser
from support.warm import can_be_warm, warm_program

DREAMZOOM = f"{sys.executable} -m dreamzoom"


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The film as one process makes it."""
    folder = tmp_path_factory.mktemp("plain")
    quickly("film", write_storyboard(folder), "-o", folder / "film")
    return folder / "film"


@pytest.fixture
def begun(tmp_path) -> Path:
    """The film, begun, in a folder whose name a shell could take for more than a name."""
    out = tmp_path / "my film; $(touch x) 'y'"
    said = quickly("film", write_storyboard(tmp_path), "-o", out, "--begin")
    assert "make it with: dreamzoom resume" in said
    assert not (out / "scenes").exists()
    return out


@pytest.fixture(scope="module")
def program() -> Iterator[str]:
    """What does as dreamzoom does and is there at once, for scripts whose commands another test starts."""
    if not can_be_warm(os.environ):
        yield DREAMZOOM
        return
    with warm_program() as words:
        yield words


def export(folder: Path, engine: str, *arguments: object, program: str = DREAMZOOM) -> Path:
    path = folder.parent / f"job-{engine}"
    quickly("farm", "export", folder, "--for", engine, "-o", path, "--program", program, *arguments)
    return path


def run(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, **more},
        check=False,
        timeout=300,
    )


def test_a_shell_script_makes_the_film_that_one_process_makes(begun, plain):
    script = export(begun, "shell", "--jobs", 2)
    done = run("sh", script, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert film_status(open_film(begun)).state == "done"
    assert frames_of(begun) == frames_of(plain)
    assert not (begun.parent / "x").exists()


def test_a_script_tells_that_a_command_failed_and_makes_no_video_then(begun, program):
    script = export(begun, "shell", program=program)
    script.write_text(script.read_text().replace("--scene 02-hills", "--scene 02-hill"))
    done = run("sh", script, OMP_NUM_THREADS="1")
    assert done.returncode == 1
    assert "has no scene '02-hill'" in done.stderr
    assert not (begun / "film.mp4").exists()


def test_openjd_runs_the_template_that_it_finds_valid(begun, plain, program):
    template = export(begun, "openjd", program=program)
    path = template.rename(template.with_suffix(".json"))
    openjd = Path(sys.executable).with_name("openjd")
    checked = run(openjd, "check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = run(openjd, "run", path, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stdout
    assert frames_of(begun) == frames_of(plain)
    assert film_status(open_film(begun)).state == "done"


# A stand-in for SLURM: `sbatch` runs what it is given at once, each index of the array in its turn, and
# `scontrol requeue` has the index run again. tests/campaign/slurm.py does the same with a real one.
SBATCH = """#!/bin/sh
echo "$@" >> "$LOG"
array=
while [ $# -gt 0 ]; do
    case $1 in
    --array=*) array=${1#--array=} ;;
    --*) ;;
    *) break ;;
    esac
    shift
done
script=$1; shift
if [ -z "$array" ]; then SLURM_JOB_ID=8 SLURM_ARRAY_TASK_ID= bash "$script" "$@" >&2; echo 8; exit; fi
first=${array%%-*}; rest=${array#*-}; last=${rest%%%*}
while [ "$first" -le "$last" ]; do
    SLURM_JOB_ID=7 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$first bash "$script" >&2 || exit
    first=$((first + 1))
done
echo 7
"""
SCONTROL = """#!/bin/sh
echo "$@" >> "$LOG"
"""


def stand_in(folder: Path) -> dict[str, str]:
    for name, text in (("sbatch", SBATCH), ("scontrol", SCONTROL)):
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "LOG": str(folder / "log")}


def test_a_slurm_script_puts_itself_into_the_queue_and_the_video_after_it(begun, plain, program, tmp_path):
    script, place = export(begun, "slurm", "--jobs", 3, program=program), stand_in(tmp_path)
    done = run("sh", script, "--partition=fast", **place)
    assert done.returncode == 0, done.stderr
    first, second = Path(place["LOG"]).read_text().splitlines()
    assert "--array=0-1%3" in first
    assert first.endswith(f"--partition=fast {script}")
    assert "--dependency=afterok:7" in second
    assert second.endswith("last")
    assert frames_of(begun) == frames_of(plain)


def test_what_slurm_ends_before_its_time_puts_itself_into_the_queue_again(begun, tmp_path):
    place, program = stand_in(tmp_path), tmp_path / "program"
    program.write_text(
        '#!/bin/sh\ntrap "exit 130" TERM\necho begun >> "$LOG"\nwhile :; do sleep 0.05; done\n'
    )
    program.chmod(0o755)
    script = export(begun, "slurm")
    script.write_text(script.read_text().replace(DREAMZOOM, str(program)))
    job = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "1"}
    with subprocess.Popen(["bash", script], env={**os.environ, **place, **job}) as running:
        while "begun" not in (Path(place["LOG"]).read_text() if Path(place["LOG"]).exists() else ""):
            assert running.poll() is None
        running.terminate()
    assert running.returncode == 0
    assert Path(place["LOG"]).read_text().splitlines() == ["begun", "requeue 7_1"]


STAND_IN = Path(__file__).parents[1] / "support" / "flamenco.js"


def run_job_type(script: str) -> tuple[Any, Any]:
    """What Flamenco's Manager would make of a job type, by a stand-in: the type, and its tasks."""
    source = f"{STAND_IN.read_text()}\nconst ran = runJobType({json.dumps(script)});"
    if node := shutil.which("node"):
        done = subprocess.run(
            [node, "-"], input=f"{source} console.log(ran)", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return tuple(json.loads(done.stdout))
    with browser() as running:
        return tuple(json.loads(running.new_page().evaluate(f"() => {{ {source} return ran; }}")))


def test_a_flamenco_job_has_a_task_for_each_command_and_the_video_after_them(begun):
    """Flamenco is not at hand: a stand-in for what its Manager gives a job type is as strict as that one."""
    kind, tasks = run_job_type(export(begun, "flamenco").read_text())
    assert kind["label"] == f"dreamzoom: {begun.name}"
    assert [task["type"] for task in tasks] == ["misc"] * 3
    assert tasks[2]["after"] == [tasks[0]["uUID"], tasks[1]["uUID"]]
    commands = [task["commands"] for task in tasks]
    assert [[each["name"] for each in task] for task in commands] == [["exec"]] * 3
    chain, video = commands[1][0]["parameters"], commands[2][0]["parameters"]
    assert [chain["exe"], *chain["args"]] == [
        *DREAMZOOM.split(),
        "resume",
        str(begun),
        "--same-machine",
        "--scene",
        "02-hills",
        "--scene",
        "03-marble",
    ]
    assert video["args"][-2:] == ["resume", str(begun)]


def test_what_a_flamenco_job_says_makes_the_film(begun, plain):
    """Each task by the words that Flamenco's `exec` is given, in the order that it would have."""
    for task in run_job_type(export(begun, "flamenco").read_text())[1]:
        for command in task["commands"]:
            words = command["parameters"]
            quickly(*words["args"][len(DREAMZOOM.split()) - 1 :])
    assert film_status(open_film(begun)).state == "done"
    assert frames_of(begun) == frames_of(plain)


@pytest.mark.parametrize("name", ["a {blender}", os.fsdecode(b"sk\xffy")])
def test_a_name_that_flamenco_would_change_is_refused(name, tmp_path):
    render_here(tmp_path / name, frames=1)
    told = says(2, "farm", "export", tmp_path / name, "--for", "flamenco", "-o", tmp_path / "x.js")
    assert "rename it" in told
    assert not (tmp_path / "x.js").exists()


def test_a_name_of_blanks_is_a_task_of_flamencos_all_the_same(tmp_path):
    render_here(tmp_path / " ", frames=1)
    tasks = run_job_type(export(tmp_path / " ", "flamenco", "--program", "{dreamzoom}").read_text())[1]
    assert [task["name"] for task in tasks] == ["clip"]


def test_a_folder_of_clips_is_a_command_each(program, tmp_path):
    for name in ("one", "two"):
        render_here(tmp_path / "clips" / name, frames=2)
    for name in ("one", "two"):
        (tmp_path / "clips" / name / "clip.mp4").unlink()
    script = export(tmp_path / "clips", "shell", "--any-machine", program=program)
    assert "--same-machine" not in script.read_text()
    done = run("sh", script)
    assert done.returncode == 0, done.stderr
    states = [clip_status(open_clip(tmp_path / "clips" / name)).state for name in ("one", "two")]
    assert states == ["done", "done"]


def test_wrong_requests_are_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "job.sh"
    for words, arguments in (
        ("holds neither a film nor clips", (tmp_path / "empty",)),
        ("no such folder", (tmp_path / "nowhere",)),
        ("No closing quotation".lower(), (tmp_path / "empty", "--program", "'x")),
        ("name what runs dreamzoom", (tmp_path / "empty", "--program", " ")),
    ):
        assert words in says(2, "farm", "export", *arguments, "--for", "shell", "-o", out)
    assert not out.exists()
    out.write_text("mine")
    assert "--force" in says(2, "farm", "export", tmp_path / "empty", "--for", "shell", "-o", out)
    assert out.read_text() == "mine"


def test_a_name_that_openjd_would_take_for_a_format_string_is_refused(tmp_path):
    render_here(tmp_path / "a {{Param.X}}", frames=2)
    told = says(2, "farm", "export", tmp_path / "a {{Param.X}}", "--for", "openjd", "-o", tmp_path / "x.json")
    assert "{{" in told
    assert "rename" in told


def test_a_name_that_is_no_text_stands_in_the_script_byte_for_byte(program, tmp_path):
    clip = tmp_path / os.fsdecode(b"sk\xffy")
    render_here(clip, frames=1)
    script = export(clip, "shell", program=program)
    assert b"/sk\xffy'" in script.read_bytes()
    assert run("sh", script).returncode == 0
