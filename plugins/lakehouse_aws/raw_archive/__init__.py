"""The archive of raw files, a folder per run."""
