"""Programs that bring data to AWS from outside of it, each in a container of its own."""
