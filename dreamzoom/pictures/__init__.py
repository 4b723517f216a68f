"""Pictures: read from anywhere, made from nothing, turned into tensors and into files.

reading      pictures from anywhere as 8-bit RGB: a path, a URL, bytes, a stream, an array
generate     start pictures by name, and anybody's fitted to a frame
clouds       the cloudscape to start from
frames       arrays (H, W, 3) to tensors (3, H, W) and back, 8 bits, PNG files
thumbnails   frames shrunk to what tells whether two look alike
"""
