"""The packet of XMP in which a picture carries its inscription.

XMP (ISO 16684-1) is what PNG, JPEG, WebP, TIFF and AVIF have in common, and what photo programs keep. The
inscription is a property in a namespace of its own, beside the program that made the picture. A packet may be
a stranger's: one that declares entities, which can be made to swell, is not read.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from dreamzoom._version import __version__

LARGEST: Final = 4 << 20
"""Bytes of a packet that is read; photo programs write long histories into them."""

_NAMESPACE: Final = "urn:dreamzoom:recipe#"
_PROPERTY: Final = f"{_NAMESPACE} recipe"
_PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dreamzoom={namespace}
    xmp:CreatorTool={tool}>
   <dreamzoom:recipe>{text}</dreamzoom:recipe>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


class _RefusedError(Exception):
    """The packet has a document type: no program writes one, and with it come entities."""


def make_packet(inscription: str) -> bytes:
    """A packet that carries an inscription: UTF-8, the same bytes for the same text."""
    packet = _PACKET.format(
        namespace=quoteattr(_NAMESPACE), tool=quoteattr(f"dreamzoom {__version__}"), text=escape(inscription)
    )
    return packet.encode("utf-8", "replace")


def inscription_in(packet: bytes) -> str | None:
    """The inscription in a packet, whoever has written it anew; None where there is none to be read."""
    if len(packet) > LARGEST:
        return None
    found = _Found()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.take
    try:
        parser.Parse(packet.rstrip(b"\0"), True)
    except (expat.ExpatError, _RefusedError, ValueError, LookupError):  # the last two: an unknown encoding
        return None
    return found.text


def _refuse(*_: object) -> None:
    raise _RefusedError


class _Found:
    """Listens for the property, which may be an element or, as programs write short ones, an attribute."""

    def __init__(self) -> None:
        self.text: str | None = None
        self._is_open = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _PROPERTY and self.text is None:
            self.text, self._is_open = "", True
        elif self.text is None:
            self.text = attributes.get(_PROPERTY)

    def end(self, name: str) -> None:
        self._is_open = self._is_open and name != _PROPERTY

    def take(self, data: str) -> None:
        if self._is_open and self.text is not None:
            self.text += data
