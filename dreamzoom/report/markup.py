"""HTML in which text cannot become markup: all that is not `Html` is escaped where it is put in."""

from __future__ import annotations

from html import escape

_VOID = {"img", "link", "meta"}


class Html(str):
    """Markup, made by `tag` or written here; any other text is only text."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: str | float | None) -> Html:
    """An element.

    Args:
        children: markup where they are `Html`, else text.
        attributes: `class_` and the like are written without the underscore at the end, others have hyphens
            for underscores; None leaves an attribute out, "" writes it without a value.
    """
    start = f"<{element}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(start if element in _VOID else f"{start}{together(*children)}</{element}>")


def together(*children: str) -> Html:
    """One piece of markup of several, and of text."""
    return Html("".join(child if isinstance(child, Html) else _text(child) for child in children))


def printable(text: str) -> str:
    """The text, but "?" for what cannot be seen or would turn what is around it. Line ends and tabs stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def _text(text: str) -> str:
    return escape(printable(text))


def _attribute(key: str, value: str | float | None) -> str:
    if value is None:
        return ""
    name = key.removesuffix("_").replace("_", "-")
    return f' {name}="{_text(str(value))}"' if value != "" else f" {name}"
