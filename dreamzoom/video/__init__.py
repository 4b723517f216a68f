"""The ffmpeg stage: frames and a song become a video.

binary      which ffmpeg, and what it can do
process     how an ffmpeg is started, watched and told from its last words
packets     what a file holds, packet by packet
encode      frames, as they come, into H.264
sound       a song's exact length
mux         a song into a video
stitch      stored frames into a video
gif         stored frames into a GIF
"""
