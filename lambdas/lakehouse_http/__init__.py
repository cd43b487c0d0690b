"""What the functions behind HTTP APIs share: answers, problem documents, parameters."""
