"""The contact sheet: pictures that fill the window when they are chosen, without a script.

A picture's figure is the page's target while it is large: the style sheet does the rest, the browser's back
button closes it, and each picture is in the page once.

The page: one HTML file that needs nothing else, save the video it links to.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from dreamzoom._version import __version__
from dreamzoom.plot.samples import short_number
from dreamzoom.recipe.schema import raw_value
from dreamzoom.report.charts import Ground, chart
from dreamzoom.report.contact import Picture
from dreamzoom.report.curves import curves_of, track_curve
from dreamzoom.report.gather import Report, Stretch, clock_time, summary
from dreamzoom.report.markup import Html, printable, tag, together


def contact_sheet(report: Report) -> Html:
    """The start image and the frames, each a link to itself in large."""
    clock = report.clip.recipe.clock
    tiles = [] if report.start is None else [("start", "start image", "", report.start.picture)]
    tiles += [
        (str(frame), f"frame {frame}", f"{clock.seconds(frame):.2f} s", picture)
        for frame, picture in report.sheet.items()
    ]
    names = [name for name, _, _, _ in tiles]
    items = (
        _tile(place, names, (label, when), picture) for place, (_, label, when, picture) in enumerate(tiles)
    )
    return tag("ol", *items, class_="sheet")


def _tile(place: int, names: list[str], words: tuple[str, str], picture: Picture) -> Html:
    label, when = words
    image = tag(
        "img",
        src=picture.data_uri,
        alt=f"{label}, {when}" if when else label,
        width=picture.width,
        height=picture.height,
        loading="lazy",
        decoding="async",
    )
    caption = tag("figcaption", tag("span", label), tag("span", when, class_="when"))
    figure = tag(
        "figure",
        tag("a", image, href=f"#frame-{names[place]}", class_="open"),
        caption,
        tag("nav", *_ways(place, names), aria_label="Large picture"),
        id=f"frame-{names[place]}",
    )
    return tag("li", figure, id=f"tile-{names[place]}", style=f"--w:{picture.width};--h:{picture.height}")


def _ways(place: int, names: list[str]) -> list[Html]:
    """From a large picture to the one before, back to the sheet, and to the next."""
    ways = [tag("a", "Close", href=f"#tile-{names[place]}", class_="close")]
    if place > 0:
        before = f"#frame-{names[place - 1]}"
        ways.insert(
            0, tag("a", "\N{LEFTWARDS ARROW}", href=before, class_="before", aria_label="The picture before")
        )
    if place + 1 < len(names):
        after = f"#frame-{names[place + 1]}"
        ways.append(
            tag("a", "\N{RIGHTWARDS ARROW}", href=after, class_="after", aria_label="The next picture")
        )
    return ways


_MOST_ROWS: Final = 100
_LONGEST_RECIPE: Final = 100_000


def write_page(report: Report) -> str:
    """A clip's page, a whole HTML document.

    Its own policy forbids whatever it might load: only the pictures inside it, the video, and the one script
    inside it, known by its hash.
    """
    script = _asset("page.js")
    title = f"{report.clip.path.resolve().name} · dreamzoom"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Html(_asset("page.css"))),
    )
    body = tag(
        "body", _main(report), tag("script", Html(script)), data_fps=float(report.clip.recipe.clip.fps)
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _asset(name: str) -> str:
    return files("dreamzoom.report").joinpath(name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        "default-src 'none'; img-src data:; media-src 'self' file:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _main(report: Report) -> Html:
    return tag(
        "main",
        _opening(report),
        _figures(report),
        _faults(report),
        _section("Frames", _frames_note(report), contact_sheet(report)),
        _section("Curves", _curves_note(report), _curves(report)),
        _section("Guard", *_guard(report.nudges)),
        _section("Tracks", "What the recipe asks for, over the whole clip.", _tracks(report)),
        _section("Recipe", "All that decides the clip's pixels, as it was frozen.", _recipe(report)),
        _closing(report),
    )


def _section(title: str, about: str, *content: str) -> Html:
    return tag(
        "section", tag("h2", title), tag("p", about, class_="lead"), *content, id=title.lower(), tabindex=-1
    )


def _opening(report: Report) -> Html:
    path = report.clip.path.resolve()
    badge = tag("span", report.status.state, class_=f"badge {report.status.state}")
    return tag(
        "header",
        tag(
            "div",
            tag("p", "Clip report ", badge, class_="over"),
            tag("h1", tag("bdi", path.name or str(path))),
            tag("p", tag("bdi", str(path)), class_="path"),
            _facts(report),
        ),
        _showing(report),
    )


def _showing(report: Report) -> Html:
    """The video, behind a frame from its middle; without one, the latest frame."""
    pictures = list(report.sheet.values())
    if report.video is None:
        if not pictures:
            return Html("")
        note = tag("figcaption", "The latest frame. There is no video yet.")
        return tag(
            "figure", tag("img", src=pictures[-1].data_uri, alt="The latest frame"), note, class_="show"
        )
    size = report.clip.recipe.clip.size
    poster = pictures[len(pictures) // 2].data_uri if pictures else None
    video = tag(
        "video",
        src=report.video.address,
        poster=poster,
        controls="",
        loop="",
        playsinline="",
        preload="none",
        style=f"aspect-ratio:{size.width}/{size.height}",
        aria_label="The clip",
    )
    link = tag("a", report.clip.video_path.name, href=report.video.address)
    return tag("figure", video, tag("figcaption", link, f", {_bytes(report.video.size)}"), class_="show")


def _facts(report: Report) -> Html:
    recipe, status = report.clip.recipe, report.status
    clip = recipe.clip
    done = f"{status.frames_done} of {clip.frames}" if status.frames_done < clip.frames else str(clip.frames)
    length = clock_time(recipe.clock.seconds(status.frames_done))
    dreamed = f", one in {recipe.camera.every} dreamed" if recipe.camera.every > 1 else ""
    facts = (
        ("Frames", f"{done}{dreamed}; {length} at {short_number(float(clip.fps))} fps"),
        ("Size", str(clip.size)),
        ("Model", recipe.model.name),
        ("Layer", _spelled(raw_value(recipe, "dream.layer"))),
        ("Objective", recipe.dream.objective),
        ("Engine", _engines(report)),
        ("Begun by", f"dreamzoom {report.clip.frozen.dreamzoom}"),
    )
    rows = (tag("div", tag("dt", name), tag("dd", value)) for name, value in facts)
    return tag("dl", *rows, class_="facts")


def _spelled(raw: object) -> str:
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
    return "; ".join(f"{stretch.text} ({_span(stretch)})" for stretch in shown) + more


def _figures(report: Report) -> Html:
    tiles = (
        tag("div", tag("dt", figure.name), tag("dd", figure.value), tag("dd", figure.of, class_="of"))
        for figure in summary(report)
    )
    return tag("dl", *tiles, class_="figures")


def _faults(report: Report) -> Html:
    notes = [f"{_span(stretch)}: {stretch.text}" for stretch in report.faults[:_MOST_ROWS]]
    if len(report.faults) > _MOST_ROWS:
        notes.append(f"and {len(report.faults) - _MOST_ROWS} more")
    if report.start is None:
        notes.insert(0, "start.png: missing or damaged, so that nothing can be compared with it")
    if not notes:
        return tag("p", "No faults. ", _checked(report), class_="verdict sound")
    items = (tag("li", note) for note in notes)
    head = tag("p", tag("strong", "Faults. "), _checked(report), f" {_mend(report)}")
    return tag("div", head, tag("ul", *items), class_="verdict faulty", role="note")


def _checked(report: Report) -> str:
    if not report.journaled:
        return "Nothing is rendered yet."
    if report.hashed == report.journaled:
        return f"The bytes of {_count(report.hashed)} were compared with the journal's hashes."
    return (
        f"Of {_count(report.journaled)} the size was compared with the journal, "
        f"of {report.hashed} the bytes too; dreamzoom verify compares them all."
    )


def _mend(report: Report) -> str:
    return "dreamzoom resume renders such frames again." if report.faults else ""


def _frames_note(report: Report) -> str:
    if not report.sheet:
        return "No frame is rendered yet."
    spread = "All frames" if len(report.sheet) == report.journaled else f"{len(report.sheet)} frames"
    spread += "" if len(report.sheet) == report.journaled else " evenly spread over the clip"
    start = ", behind the start image" if report.start else ""
    return f"{spread}{start}. Choose one to see it larger."


def _curves_note(report: Report) -> str:
    if not report.looks:
        return "Nothing to measure yet."
    if len(report.looks) == report.journaled:
        return f"All {_count(report.journaled)} measured." if report.journaled > 1 else "One frame measured."
    return (
        f"The pictures of {len(report.looks)} of {_count(report.journaled)} were measured; "
        "the journal speaks of every one."
    )


def _curves(report: Report) -> Html:
    curves = curves_of(report)
    last = max((frame for curve in curves for frame, _ in curve.points), default=0)
    ground = Ground(last, report.clip.recipe.clock, report.nudges)
    return tag("div", *(chart(curve, ground) for curve in curves), class_="charts")


def _guard(nudges: Sequence[Stretch]) -> tuple[str, ...]:
    """A sentence, and a table where there is something to tell."""
    if not nudges:
        return ("The journal tells of no nudge.",)
    rows = (tag("tr", tag("td", _span(stretch)), tag("td", stretch.text)) for stretch in nudges[:_MOST_ROWS])
    head = tag("tr", tag("th", "Frames", scope="col"), tag("th", "Nudge", scope="col"))
    more = len(nudges) - _MOST_ROWS
    table = tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", *rows)),
        tag("p", f"And {more} more.", class_="quiet") if more > 0 else "",
        class_="scroll",
    )
    return "What kept the dream from standing still; the curves are shaded there.", table


def _tracks(report: Report) -> Html:
    ground = Ground(report.clip.recipe.clip.frames - 1, report.clip.recipe.clock)
    moving = [chart(track_curve(track), ground) for track in report.tracks if not track.still]
    still = (
        tag("div", tag("dt", track.name), tag("dd", short_number(track.low)))
        for track in report.tracks
        if track.still
    )
    return together(tag("div", *moving, class_="charts") if moving else "", tag("dl", *still, class_="still"))


def _recipe(report: Report) -> Html:
    text = report.recipe_text[:_LONGEST_RECIPE]
    cut = "\n(cut here: the rest is in recipe.toml)" if len(report.recipe_text) > _LONGEST_RECIPE else ""
    return tag(
        "details",
        tag("summary", "recipe.toml"),
        tag("pre", tag("code", printable(text) + cut), tabindex=0, aria_label="recipe.toml"),
    )


def _closing(report: Report) -> Html:
    made = tag("time", report.made.strftime("%Y-%m-%d %H:%M"), datetime=report.made.isoformat("T", "seconds"))
    return tag("footer", tag("p", f"Made by dreamzoom {__version__}, ", made, "."))


def _span(stretch: Stretch) -> str:
    if stretch.first == stretch.last:
        return f"frame {stretch.first}"
    return f"frames {stretch.first} to {stretch.last}"


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} kB"
