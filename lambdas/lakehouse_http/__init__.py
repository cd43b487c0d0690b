"""What the functions behind HTTP APIs share: their answers, and how they say what is wrong."""
