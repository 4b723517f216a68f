"""What a recipe hears of files beside its song: stems, and series of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.errors import warn
from dreamzoom.io.files import file_digest
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.music import Music
from dreamzoom.tracks.signals import Signal


@dataclass(frozen=True)
class HeardFiles:
    """What was heard of files, in the song's own time.

    Attributes:
        signals: by name, all as long as those of the song.
        sources: SHA-256 of the files that were heard, by the names that the recipe gives them.
    """

    signals: Mapping[str, tuple[float, ...]]
    sources: Mapping[str, str]

    def add_to(self, music: Music) -> Music:
        """Music with these signals, and none that were heard of other files by their names."""
        stays = {
            name: values
            for name, values in music.signals.items()
            if "." not in name or name.partition(".")[0] not in self._others(music)
        }
        return replace(music, signals={**stays, **self.signals}, sources={**music.sources, **self.sources})

    def _others(self, music: Music) -> set[str]:
        return {name for name, sha256 in self.sources.items() if music.sources.get(name) != sha256}


def hear_files(
    recipe: Recipe, wanted: Iterable[Signal], duration: float, before: Music | None = None
) -> HeardFiles:
    """Hear what a recipe asks of its stems and series.

    What was heard before is not heard again, unless the file is another one now. A file that is gone is not
    needed where all was heard of it.

    Args:
        wanted: signals of the song itself among them, which are left alone.
        duration: of the song, in seconds.
        before: what a clip has heard.

    Raises:
        SoundError, RecipeError, RequestError, VideoError: as `stem_signals` and `series_signals`.
    """
    from dreamzoom.audio.sources import series_signals, stem_signals  # here: most clips have no such files

    signals: dict[str, tuple[float, ...]] = {}
    sources: dict[str, str] = {}
    stems, series = dict(recipe.music.stems), dict(recipe.music.series)
    asked: dict[str, list[Signal]] = {}
    for signal in wanted:
        if signal.source:
            asked.setdefault(signal.source, []).append(signal)
    for source, every in asked.items():
        path = Path(stems[source] if source in stems else series[source])
        digest = _digest(path)
        those = [signal for signal in every if not _holds(before, signal, digest)]
        if not those:
            continue
        if source in stems:
            signals |= stem_signals(path, those, duration)
        else:
            signals |= series_signals(path, those, duration, float(recipe.clip.fps))
        sources[source] = digest or ""
    return HeardFiles(signals, sources)


def _holds(before: Music | None, signal: Signal, digest: str | None) -> bool:
    """Whether a clip has heard a signal of a file that is still the same, or gone."""
    if before is None or signal.name not in before.signals:
        return False
    return digest in (None, before.sources.get(signal.source))


def _digest(path: Path) -> str | None:
    """A file's hash; None where it cannot be read."""
    try:
        return file_digest(path)
    except (OSError, ValueError):
        return None


def warn_of_unused(recipe: Recipe, wanted: Iterable[Signal]) -> None:
    """Tell of stems and series that no formula asks for."""
    used = {signal.source for signal in wanted}
    for key, files in (("music.stems", recipe.music.stems), ("music.series", recipe.music.series)):
        for name, path in files:
            if name not in used:
                warn(f"{key}: {name} ({path}) is used by no formula")
