"""The process that carries out one run of a task. It knows databases and files, not the API."""
