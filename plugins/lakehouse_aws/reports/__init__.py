"""Reports: what queries found, drawn on a page that needs nothing else."""
