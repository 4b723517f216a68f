"""Never stuck: whether a clip has stopped going anywhere, and what it is pushed with."""
