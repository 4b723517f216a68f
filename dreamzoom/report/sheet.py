"""The contact sheet: pictures that fill the window when they are chosen, without a script.

A picture's figure is the page's target while it is large: the style sheet does the rest, the browser's back
button closes it, and each picture is in the page once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom.report.markup import Html, tag

if TYPE_CHECKING:
    from dreamzoom.report.contact import Picture
    from dreamzoom.report.gather import Report


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
