"""Pictures: read from anywhere, made from nothing, turned into tensors and into files.

reading        pictures from anywhere as 8-bit RGB: a path, a URL, bytes, a stream, an array
kinds          what a file is that is no picture, and the way to one
containers     which picture of a file is meant: pages, thumbnails, raw photos' previews
directories    the directories of TIFF files, raw photos among them
views          a part of a stream as a stream
decoding       Pillow's readers: memory asked for first, the rest of a damaged file
colours        every mode and colour space as upright, opaque sRGB
colour_spaces  how bright a picture is, and its colours as an eye tells them apart
writing        pictures as files for people: format, quality, colour space, inscription
xmp            the packet in which a picture carries its inscription
metadata       the inscription in a picture's metadata
folders        the pictures in a folder
generate       start pictures by name, and anybody's fitted to a frame
clouds         the cloudscape to start from, and what such pictures are painted with
scenes         hills, marble and a nebula to start from
fonts          fonts, which letters they have, and the one that is shipped
lettering      lines of text, broken to a width, as ink
words          words drawn white on black, for masks
palettes       palettes as small pictures, and as a sheet to look at
frames         arrays (H, W, 3) to tensors (3, H, W) and back, 8 bits, the pictures that a clip keeps
png            frames as PNG files, made fast, and what a frame is known by
thumbnails     frames shrunk to what tells whether two look alike
"""
