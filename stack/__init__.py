"""The local stack: its processes, the data they start with, and the command line."""
