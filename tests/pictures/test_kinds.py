"""What is no picture is called by its name, with the way to one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import PictureError
from dreamzoom.pictures.kinds import name_other_kind
from dreamzoom.pictures.reading import open_picture


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomavc1", "a video"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a sound"),
        (b"ID3\4\0", "a sound"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="a">', "an SVG drawing"),
        (b"\n <!DOCTYPE html>\n<html>", "a web page"),
        (b"\xff\x0a\xfa\x7f", "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"8BPS\0\2" + bytes(20), "a large Photoshop document"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript drawing"),
        (b"v/1\x01\2\0\0\0", "an OpenEXR picture"),
        (b"#?RADIANCE\n", "a Radiance HDR picture"),
        (b"gimp xcf v011\0", "a GIMP document"),
        (b"PK\3\4", "an archive"),
        (b"\0\5\x16\7\0\2\0\0", "a Mac's notes on a file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"\xef\xbf\xbdPNG\r\n", "the shell changed"),
        (b"\xff\xfe\xff\0\xd8\0", "the shell changed"),
        (bytes(5000), "nothing but zeros"),
    ],
)
@pytest.mark.parametrize("piped", [False, True], ids=["a file", "a pipe"])
def test_other_files_are_named_with_a_way_out(head, words, piped, tmp_path):
    path = tmp_path / "sky.jpg"
    path.write_bytes(head)
    with pytest.raises(PictureError) as caught:
        open_picture(io.BytesIO(head) if piped else path)
    name, said, advice = str(caught.value).split(": ", 2)
    assert name == ("picture" if piped else str(path))
    assert said.startswith("is ")
    assert words in str(caught.value)
    assert len(advice) > 10


def test_a_jpeg_whose_line_feeds_were_made_two_bytes_is_refused_and_a_whole_one_is_not():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG")
    assert open_picture(io.BytesIO(file.getvalue())).size == (64, 64)
    with pytest.raises(PictureError, match="the shell changed"):
        open_picture(io.BytesIO(file.getvalue().replace(b"\n", b"\r\n")))


class Endless(io.RawIOBase):
    """A pipe from /dev/zero; more than a head of it is an error here."""

    count = 0

    def read(self, size: int = -1) -> bytes:
        self.count += size
        assert 0 < self.count <= 1 << 20
        return bytes(size)


def test_of_an_endless_pipe_little_is_read():
    with pytest.raises(PictureError, match="nothing but zeros"):
        open_picture(Endless())


def test_a_file_of_nothing_is_empty():
    assert name_other_kind(b"", set()).name == "empty"
