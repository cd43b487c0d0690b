"""The statements of the Data API: what is kept of them, and how they run."""
