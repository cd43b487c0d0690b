"""The dashboard's API: named questions to the lake, and nothing else."""
