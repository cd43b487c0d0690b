"""The COPY command: objects of the lake into a table."""
