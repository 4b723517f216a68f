"""A finished clip as footage: other speeds and motion blur, without another dream."""
