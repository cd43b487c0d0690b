"""Feeds: how the files of a source read, and which feed a file is of."""
