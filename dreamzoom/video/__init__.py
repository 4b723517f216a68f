"""The ffmpeg stage: frames and a song become a video.

encode       frames, as they come, into an H.264 video
stitch       stored frames into a video
gif          stored frames into a GIF
sound        a song: whether it is whole, and exactly how long it sounds
excerpt      which part of a song a video has, and its fades
metadata     the inscription in a film's or picture's metadata, as a preset
mux          a song into a finished video
description  what a song's file says of itself, before it is decoded
packets      what a media file holds, packet by packet
ffmpeg       the binary: which one, how it is started and fed, and why it failed
binary       ffmpeg binaries: which there are, and whether they work where they have to
"""
