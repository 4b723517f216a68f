"""The recipe's table [guard]."""

from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.settings import Choice, Real, Text, Whole, setting


@dataclass(frozen=True)
class GuardSettings:
    """Whether a clip that has stopped going anywhere is pushed on, and how."""

    nudge: str = setting(
        Choice(
            default="none",
            choices=("none", "noise", "channels", "layer", "guide", "turn"),
            help="what a stuck dream is pushed with: smooth noise, another set of channels, another layer or "
            "a guide picture, cross-faded in, or a turn of the camera",
        )
    )
    amount: float = setting(
        Real(default=10.0, minimum=0.0, maximum=100.0, help="how strong the noise is, in grey levels")
    )
    layer: str = setting(
        Text(
            default="",
            what="a layer's name",
            help='the layer that nudge "layer" fades in; "" is a neighbour of the one dreamed from',
        )
    )
    guide: str = setting(
        Text(
            default="", what="a picture's path or URL", help='the picture that nudge "guide" makes it follow'
        )
    )
    turn: float = setting(
        Real(
            default=30.0,
            minimum=-180.0,
            maximum=180.0,
            help='how far nudge "turn" turns the picture clockwise from its beginning to its end, in degrees',
        )
    )
    closer: float = setting(
        Real(
            default=2.0,
            minimum=1.0,
            maximum=10.0,
            help='how many times closer nudge "turn" brings the picture meanwhile, or further away where the '
            "camera draws back",
        )
    )
    similar: float = setting(
        Real(
            default=0.5,
            minimum=0.0,
            maximum=1.0,
            help="how alike frames half a span apart are, on average, where a clip repeats itself",
        )
    )
    few: float = setting(
        Real(
            default=0.05,
            minimum=0.0,
            maximum=1.0,
            help="where so few of a layer's channels, as a share, have most of what it sees for a whole span "
            "though nothing asks for them, the clip is stuck too; 0 for never",
        )
    )
    span: int = setting(
        Whole(
            default=40,
            minimum=8,
            maximum=600,
            unit="dreams",
            help="from one look at the clip to the next; as long as that a nudge lasts",
        )
    )
