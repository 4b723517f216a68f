"""The ffmpeg stage: frames and a song become a video."""
