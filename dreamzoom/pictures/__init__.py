"""Pictures: read from anywhere, made from nothing, fitted to a frame, written as one."""
