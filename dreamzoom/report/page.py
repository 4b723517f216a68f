"""The page: one HTML file that needs nothing else, save the video it links to.

page.html is its Jinja2 template; here are the values that are put in. A picture of the contact sheet fills
the window without a script, as the page's target: the style sheet does the rest, and the browser's back
button closes it. Each picture is in the page once.
"""

from __future__ import annotations

from typing import Final

from dreamzoom._version import __version__
from dreamzoom.plot.samples import short_number
from dreamzoom.recipe.climbed import goals_of
from dreamzoom.recipe.goals import Goal, is_of_class
from dreamzoom.recipe.schema import Recipe, raw_value
from dreamzoom.report.contact import contact_sheet
from dreamzoom.report.curves import HIGH, WIDE, Chart, TimeAxis, make_chart, series_of
from dreamzoom.report.gather import Report, clock_time, summary
from dreamzoom.report.template import asset, fill_template

_MOST_ROWS: Final = 100
_LONGEST_RECIPE: Final = 100_000


def write_page(report: Report) -> str:
    """A clip's page, a whole HTML document.

    Its own policy forbids whatever it might load: only the pictures inside it, the video, and the one script
    inside it, known by its hash.
    """
    clip, recipe = report.clip, report.clip.recipe
    path, script, pictures = clip.path.resolve(), asset("page.js"), list(report.sheet.values())
    track_axis = TimeAxis(recipe.clip.frames - 1, recipe.clock)
    return fill_template(
        "page.html",
        style=asset("page.css"),
        script=script,
        version=__version__,
        made=report.made,
        fps=float(recipe.clip.fps),
        title=path.name or str(path),
        path=str(path),
        state=report.status.state,
        facts=_facts(report),
        video=report.video,
        video_name=clip.video_path.name,
        video_size=_bytes(report.video.size) if report.video else "",
        size=recipe.clip.size,
        poster=pictures[len(pictures) // 2] if pictures else None,
        latest=pictures[-1] if pictures else None,
        figures=summary(report),
        faults=_faults(report),
        checked=_checked(report),
        mend="dreamzoom resume renders such frames again." if report.faults else "",
        tiles=contact_sheet(report.start.picture if report.start else None, report.sheet, recipe.clock),
        frames_note=_frames_note(report),
        curves=_curves(report),
        curves_note=_curves_note(report),
        wide=WIDE,
        high=HIGH,
        nudges=report.nudges,
        most_rows=_MOST_ROWS,
        moving=[make_chart(track, track_axis) for track in report.tracks if not track.still],
        still=[(track.name, short_number(track.low)) for track in report.tracks if track.still],
        recipe=_recipe(report.recipe_text),
        recipe_note=_recipe_note(report),
    )


def _facts(report: Report) -> list[tuple[str, str]]:
    recipe, done = report.clip.recipe, report.status.frames_done
    clip = recipe.clip
    count = f"{done} of {clip.frames}" if done < clip.frames else str(clip.frames)
    dreamed = f", one in {recipe.camera.every} dreamed" if recipe.camera.every > 1 else ""
    length = clock_time(recipe.clock.seconds(done))
    return [
        ("Frames", f"{count}{dreamed}; {length} at {short_number(float(clip.fps))} fps"),
        ("Size", str(clip.size)),
        ("Model", recipe.model.name),
        *_climbed(recipe),
        ("Engine", _engines(report)),
        ("Begun by", f"dreamzoom {report.clip.frozen.dreamzoom}"),
    ]


def _climbed(recipe: Recipe) -> list[tuple[str, str]]:
    """What the dream climbs: a layer or a class, or so many goals, each in a few words."""
    goals = goals_of(recipe.dream)
    if len(goals) == 1 and not recipe.dream.goal and not is_of_class(goals[0]):
        return [("Layer", _spell(raw_value(recipe, "dream.layer"))), ("Objective", recipe.dream.objective)]
    return [("Goals" if len(goals) > 1 else "Goal", "; ".join(map(_words, goals)))]


def _words(goal: Goal) -> str:
    """A goal in a few words."""
    if is_of_class(goal):
        said = f"class {', '.join(map(str, goal.class_.choices))}"
    else:
        named = [str(each) for each in goal.channel.choices if each]
        channels = f", channels {', '.join(named)}" if named else ""
        said = f"{goal.objective} of {', '.join(goal.layer.choices)}{channels}"
    return said if goal.weight.source == 1 else f"{said}, weight {_spell(goal.weight.source)}"


def _spell(raw: object) -> str:
    """A value of the recipe: one thing, or things at times."""
    if isinstance(raw, dict):
        return ", ".join(f"{key}: {value}" for key, value in raw.items())
    return str(raw)


def _engines(report: Report) -> str:
    if not report.engines:
        return "none yet"
    if len({stretch.text for stretch in report.engines}) == 1:
        return report.engines[0].text
    shown = report.engines[:6]
    more = f"; and {len(report.engines) - len(shown)} more" if len(report.engines) > len(shown) else ""
    return "; ".join(f"{stretch.text} ({stretch.span})" for stretch in shown) + more


def _faults(report: Report) -> list[str]:
    faults = [f"{stretch.span}: {stretch.text}" for stretch in report.faults[:_MOST_ROWS]]
    if report.start is None:
        faults.insert(0, "start.png: missing or damaged, so that nothing can be compared with it")
    if len(report.faults) > _MOST_ROWS:
        faults.append(f"and {len(report.faults) - _MOST_ROWS} more")
    return [*report.changed, *faults]


def _checked(report: Report) -> str:
    if not report.journaled:
        return "Nothing is rendered yet."
    if report.hashed == report.journaled:
        return f"The bytes of {_count(report.hashed)} were compared with the journal's hashes."
    return (
        f"Of {_count(report.journaled)} the size was compared with the journal, "
        f"of {report.hashed} the bytes too; dreamzoom verify compares them all."
    )


def _frames_note(report: Report) -> str:
    if not report.sheet:
        return "No frame is rendered yet."
    every = len(report.sheet) == report.journaled
    spread = "All frames" if every else f"{len(report.sheet)} frames evenly spread over the clip"
    start = ", after the start image" if report.start else ""
    return f"{spread}{start}. Choose one to see it larger."


def _curves_note(report: Report) -> str:
    if not report.measured:
        return "Nothing to measure yet."
    if len(report.measured) == report.journaled:
        return f"All {_count(report.journaled)} measured." if report.journaled > 1 else "One frame measured."
    return (
        f"The pictures of {len(report.measured)} of {_count(report.journaled)} were measured; "
        "the journal speaks of every one."
    )


def _curves(report: Report) -> list[Chart]:
    series = series_of(report)
    last = max((frame for each in series for frame, _ in each.points), default=0)
    axis = TimeAxis(last, report.clip.recipe.clock, report.nudges)
    return [make_chart(each, axis) for each in series]


def _recipe(text: str) -> str:
    cut = "\n(cut here: the rest is in recipe.toml)" if len(text) > _LONGEST_RECIPE else ""
    return text[:_LONGEST_RECIPE] + cut


def _recipe_note(report: Report) -> str:
    *earlier, last = report.clip.takes
    if not earlier:
        return "All that decides the clip's pixels, as it was frozen."
    folders = ", ".join(take.folder.name for take in earlier)
    return (
        f"All that decides the pixels from frame {last.first} on, as it was frozen. "
        f"Earlier frames follow the recipes in {folders}."
    )


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} kB"
