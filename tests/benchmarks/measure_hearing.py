"""How well songs are heard, against beats that another ear heard or a person wrote down, in tables.

    pip install mir_eval librosa
    python tests/benchmarks/measure_hearing.py --songs FOLDER --reference FILE [--ears dreamzoom librosa]

mir_eval (MIT) is needed by this script alone, librosa and BeatNet by the ears of that name. FOLDER holds the
songs, anywhere below it; FILE is JSON, {"songs": {NAME: {...}}}, where NAME ends in the song's file name. Of
each it reads:

heard_until         seconds of the song up to which it is compared
beats               their times in seconds
downbeat_beats      beats of a second ear, which tells bars too, and their `positions`: 1 begins a bar
beats_per_bar       how many there are
pulse               0 to 1: below 0.1 there is nothing to follow, and the song is left out of the sums
agreement           F of the two ears against each other, if it is there

Both may also be named by the variables DREAMZOOM_SONGS and DREAMZOOM_REFERENCE. A file that is refused is
decoded first and heard as WAV, so that the table is of hearing alone; it is marked with "!".

Columns, of what lies from 5 s on (mir_eval.beat; windows of 70 ms, continuity within 17.5 %):

F, CMLt, AMLt   of beats; CMLt counts those in unbroken stretches at the right tempo, AMLt also at half,
                double, off the beat
start           F of the first 10 s
tempo           the median pace in multiples of the reference's
cause           which other beats explain a song with F below 0.9 best, and in how many of its stretches
bars            F of their beginnings; then whether they are right, or half a bar or some beats off, or of
                another metre. Told where the second ear agrees with the beats
CPU             seconds of it for each minute of song, ffmpeg's included
MB              the process's memory at its peak; other ears share a process, and keep what they have loaded
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
FROM = 5.0  # seconds: what lies before is not compared, after MIREX
STARTS = 10.0  # seconds
WINDOW = 0.07  # seconds
PULSE = 0.1
RIGHT = 0.9  # F from which beats need no explanation
AGREED = 0.85  # F from which bars are told
STRETCH = 8.0  # seconds: how finely causes are told
EXPLAINED = 0.8  # F from which other beats explain a stretch
# What beats are taken for: a name, how many beats lie between two, and which of them may be the first.
TAKEN_FOR = (
    ("right", 1.0, (0.0,)),
    ("off-beat", 1.0, (0.5, 1 / 3, 2 / 3, 0.25, 0.75)),
    ("half", 2.0, (0.0, 1.0)),
    ("half, off-beat", 2.0, (0.5, 1.5)),
    ("double", 0.5, (0.0,)),
    ("two for three", 1.5, (0.0, 0.5, 1.0)),
    ("three for two", 2 / 3, (0.0, 1 / 3)),
    ("one for three", 3.0, (0.0, 1.0, 2.0)),
    ("three for one", 1 / 3, (0.0,)),
)
RATIOS = {"1/3": 1 / 3, "half": 0.5, "2/3": 2 / 3, "right": 1.0, "3/2": 1.5, "double": 2.0, "triple": 3.0}


@dataclass(frozen=True)
class Heard:
    """What an ear made of a song: beats and bars in seconds, CPU seconds, and MB at its peak."""

    beats: Times
    bars: Times
    cpu: float = 0.0
    memory: float = 0.0
    seconds: float = 0.0
    refused: bool = False


@dataclass(frozen=True)
class Scores:
    """An ear's beats against the reference's."""

    f: float
    cmlt: float
    amlt: float
    start: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=Path, default=os.environ.get("DREAMZOOM_SONGS"))
    parser.add_argument("--reference", type=Path, default=os.environ.get("DREAMZOOM_REFERENCE"))
    parser.add_argument("--ears", choices=list(EARS), nargs="+", default=["dreamzoom"])
    parser.add_argument("--only", default="", help="songs whose names hold this")
    options = parser.parse_args()
    if not options.songs or not options.reference:
        parser.error("name --songs and --reference")
    reference = json.loads(Path(options.reference).read_text(encoding="utf-8"))["songs"]
    songs = {name: song for name, song in reference.items() if options.only in name}
    figures = f"{'F':>5} {'CMLt':>5} {'AMLt':>5} {'start':>5} {'tempo':>6}"
    print(f"{'':40} {figures}  {'cause':18} {'bars':18} {'CPU':>5} {'MB':>4}")
    rows: dict[str, list[Row]] = {ear: [] for ear in options.ears}
    others = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    for name, song in songs.items():
        path = find(Path(options.songs), name, song)
        for ear in options.ears:
            if ear == "dreamzoom":
                heard = alone(hear_here, path, song["heard_until"])
            else:
                heard = others.submit(EARS[ear], path, song["heard_until"]).result()
            rows[ear].append(Row.of(name, song, heard))
            print(rows[ear][-1].line("" if len(options.ears) == 1 else ear), flush=True)
    others.shutdown()
    for ear, lines in rows.items():
        print_sums(ear, lines)


def find(folder: Path, name: str, song: dict[str, Any]) -> Path:
    """The song's file: the one of its name, or of several that whose path is the one the reference tells."""
    found = sorted(folder.rglob(Path(name).name))
    told = [path for path in found if str(path).endswith(song.get("path", name))]
    if not found:
        sys.exit(f"{name}: not below {folder}")
    return (told or found)[0]


def alone(ear: Callable[..., Heard], *arguments: object) -> Heard:
    """What an ear hears in a process of its own, whose memory is then known."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(ear, *arguments).result()


def used() -> float:
    """CPU seconds of this process and those it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def hear_here(path: Path, seconds: float) -> Heard:
    """Dreamzoom, which hears whole songs, and takes what follows `seconds` into account."""
    from dreamzoom.audio.analysis import hear
    from dreamzoom.errors import SoundError
    from dreamzoom.video.sound import read_sound

    with tempfile.TemporaryDirectory() as folder:
        refused = False
        try:
            sound = read_sound(path)
        except SoundError as error:
            print(f"    {error}", file=sys.stderr)
            sound, refused = read_sound(decoded(path, Path(folder) / "song.wav", 44100)), True
        begun = used()
        music = hear(sound)
        cpu = used() - begun
    beats, bars = np.array(music.beats), np.array(music.bars)
    return Heard(beats, bars, cpu, peak(), float(sound.duration), refused)


def decoded(path: Path, wav: Path, rate: int, seconds: float | None = None) -> Path:
    """The song as mono WAV, or its first seconds."""
    from dreamzoom.video.ffmpeg import find_ffmpeg

    part = [] if seconds is None else ["-t", str(seconds)]
    command = [
        find_ffmpeg().path,
        "-v",
        "error",
        "-i",
        str(path),
        *part,
        "-ac",
        "1",
        "-ar",
        str(rate),
        str(wav),
    ]
    subprocess.run(command, check=True)
    return wav


def hear_librosa(path: Path, seconds: float) -> Heard:
    """librosa.beat.beat_track, as it comes (Ellis 2007)."""
    import librosa

    with tempfile.TemporaryDirectory() as folder:
        samples, rate = librosa.load(decoded(path, Path(folder) / "song.wav", 22050, seconds), sr=None)
    librosa.beat.beat_track(y=samples[: 5 * rate], sr=rate)  # it compiles what it needs
    begun = used()
    _, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time")
    return Heard(np.asarray(beats), np.array([]), used() - begun, peak(), seconds)


def hear_beatnet(path: Path, seconds: float) -> Heard:
    """BeatNet's first model with its offline decoder (Heydari, Cwitkowitz & Duan, ISMIR 2021)."""
    from BeatNet.BeatNet import BeatNet

    ear = BeatNet(1, mode="offline", inference_model="DBN", plot=[], thread=False)
    with tempfile.TemporaryDirectory() as folder:
        wav = decoded(path, Path(folder) / "song.wav", 22050, seconds)
        begun = used()
        found = ear.process(str(wav))
    return Heard(found[:, 0], found[found[:, 1] == 1, 0], used() - begun, peak(), seconds)


EARS: dict[str, Callable[[Path, float], Heard]] = {
    "dreamzoom": hear_here,
    "librosa": hear_librosa,
    "beatnet": hear_beatnet,
}


@dataclass(frozen=True)
class Row:
    """A song's line of the table."""

    name: str
    pulse: float
    sure: bool
    heard: Heard
    scores: Scores
    tempo: str
    cause: str
    bars: str
    bars_f: float

    @classmethod
    def of(cls, name: str, song: dict[str, Any], heard: Heard) -> Row:
        end = song["heard_until"]
        truth, beats = np.array(song["beats"]), heard.beats[heard.beats < end]
        scores = score(beats, truth)
        tempo = pace(beats, truth)
        told, f = judge_bars(heard.bars[heard.bars < end], beats, song)
        sure = song.get("agreement", 0.0) >= AGREED
        cause = explain(beats, truth, scores.f, end)
        return cls(name, song["pulse"], sure, heard, scores, tempo, cause, told, f)

    def figures(self) -> str:
        s, length = self.scores, self.heard.seconds / 60
        cpu = f"{self.heard.cpu / length:5.1f} {self.heard.memory:4.0f}" if length else ""
        bars = f"{self.bars_f:.2f} {self.bars}" if self.bars else ""
        beats = f"{s.f:5.2f} {s.cmlt:5.2f} {s.amlt:5.2f} {s.start:5.2f}"
        return f"{beats} {self.tempo:>6}  {self.cause:18} {bars:18} {cpu}"

    def line(self, ear: str) -> str:
        marks = (
            f" {ear}" * bool(ear) + "!" * self.heard.refused + ("" if self.pulse >= PULSE else " (no pulse)")
        )
        return f"{(self.name + marks)[-40:]:40} {self.figures()}"


def score(beats: Times, truth: Times) -> Scores:
    """Of beats and reference, both up to the same moment."""
    from mir_eval.beat import continuity, f_measure

    late, wanted = beats[beats >= FROM], truth[truth >= FROM]
    if late.size < 2:
        return Scores(0.0, 0.0, 0.0, 0.0)
    _, cmlt, _, amlt = continuity(wanted, late)
    first = f_measure(truth[truth < STARTS], beats[beats < STARTS], WINDOW) if (beats < STARTS).any() else 0.0
    return Scores(f_measure(wanted, late, WINDOW), cmlt, amlt, first)


def pace(beats: Times, truth: Times) -> str:
    """The median pace in multiples of the reference's, by name where it is near to one."""
    if beats.size < 2:
        return "-"
    ratio = float(np.median(np.diff(truth)) / np.median(np.diff(beats)))
    near = [name for name, value in RATIOS.items() if abs(ratio / value - 1) < 0.06]
    return near[0] if near else f"{ratio:.2f}"


def variants(truth: Times) -> Iterator[tuple[str, Times]]:
    """What a reference's beats are often taken for: a name, and the beats that it stands for."""
    index = np.arange(truth.size)
    for name, step, places in TAKEN_FOR:
        for place in places:
            yield name, np.interp(np.arange(place, truth.size - 1, step), index, truth)


def explain(beats: Times, truth: Times, f: float, end: float) -> str:
    """Why a song's F is low: which variant of the reference most of its wrong stretches are."""
    from mir_eval.beat import f_measure

    if beats.size < 2:
        return "no beats"
    if f >= RIGHT:
        return ""
    names: list[str] = []
    for start in np.arange(FROM, end - STRETCH / 2, STRETCH / 2):
        part = beats[(beats >= start) & (beats < start + STRETCH)]
        if not part.size:
            names.append("silent")
            continue
        fits = [
            (f_measure(times[(times >= start) & (times < start + STRETCH)], part, WINDOW), name)
            for name, times in variants(truth)
            if ((times >= start) & (times < start + STRETCH)).any()
        ]
        best, name = max(fits, key=lambda fit: fit[0], default=(0.0, "other"))
        names.append(name if best >= EXPLAINED else "other")
    wrong = Counter(name for name in names if name != "right")
    if not wrong:
        return "here and there"
    name, count = wrong.most_common(1)[0]
    return f"{name} {100 * count / len(names):.0f} %"


def judge_bars(bars: Times, beats: Times, song: dict[str, Any]) -> tuple[str, float]:
    """Whether bars begin where the reference's do, in words ("" where it cannot be told), and their F."""
    from mir_eval.beat import f_measure

    times, positions = np.array(song["downbeat_beats"]), np.array(song["positions"])
    late = times >= FROM
    bars, beats, times, positions = bars[bars >= FROM], beats[beats >= FROM], times[late], positions[late]
    if bars.size < 2 or not times.size or f_measure(times, beats, WINDOW) < AGREED:
        return "", 0.0
    f = f_measure(times[positions == 1], bars, WINDOW)
    if f >= 0.7:
        return "right", f
    per_bar = round(beats.size / bars.size)
    if per_bar != song["beats_per_bar"]:
        return f"{per_bar} for {song['beats_per_bar']}", f
    nearest = np.abs(bars[:, None] - times).argmin(axis=1)
    place, count = Counter((positions[nearest] - 1).tolist()).most_common(1)[0]
    if count < 0.6 * bars.size:
        return "they change", f
    return ("half a bar off" if 2 * place == per_bar else f"{place} of {per_bar} off"), f


def print_sums(ear: str, rows: list[Row]) -> None:
    """The means over songs with a pulse, and how often which fault was found."""
    pulsed = [row for row in rows if row.pulse >= PULSE]
    refused = sum(row.heard.refused for row in rows)
    print(f"\n{len(rows)} songs, {len(pulsed)} with a pulse; {refused} refused as they are")
    print(f"{'':24} {'F':>5} {'CMLt':>5} {'AMLt':>5} {'start':>5} {'F>=0.9':>6} {'CPU s/min':>9} {'MB':>5}")
    print_means(ear, pulsed)
    print_means("  where ears agree", [row for row in pulsed if row.sure])
    print_faults(pulsed)
    silent = [row for row in rows if row.pulse < PULSE]
    if silent:
        rightly = sum(not row.heard.beats.size for row in silent)
        print(f"    without a pulse: {rightly} of {len(silent)} have no beats")


def print_means(name: str, rows: list[Row]) -> None:
    if rows:
        means = [
            np.mean([getattr(row.scores, key) for row in rows]) for key in ("f", "cmlt", "amlt", "start")
        ]
        cpu = sum(row.heard.cpu for row in rows) / sum(row.heard.seconds for row in rows) * 60
        memory = max(row.heard.memory for row in rows)
        good = f"{sum(row.scores.f >= RIGHT for row in rows)}/{len(rows)}"
        print(f"{name:24} {' '.join(f'{mean:5.3f}' for mean in means)} {good:>6} {cpu:9.2f} {memory:5.0f}")


def print_faults(rows: list[Row]) -> None:
    """How many songs had which fault of beats, of tempo and of bars."""
    causes = Counter(
        row.cause.rsplit(" ", 2)[0] if "%" in row.cause else row.cause or "right" for row in rows
    )
    print("    beats: ", "; ".join(f"{cause} {count}" for cause, count in causes.most_common()))
    print(
        "    tempo: ",
        "; ".join(f"{tempo} {n}" for tempo, n in Counter(row.tempo for row in rows).most_common()),
    )
    told = [row for row in rows if row.bars]
    if told:
        verdicts = "; ".join(
            f"{verdict} {n}" for verdict, n in Counter(row.bars for row in told).most_common()
        )
        print(f"    bars:   F {np.mean([row.bars_f for row in told]):.2f} of {len(told)} songs: {verdicts}")


if __name__ == "__main__":
    begun = time.monotonic()
    main()
    print(f"{time.monotonic() - begun:.0f} s")
