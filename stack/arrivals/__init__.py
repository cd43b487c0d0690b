"""CSV files that arrive: how they are dropped into the landing prefix and followed into their tables."""
