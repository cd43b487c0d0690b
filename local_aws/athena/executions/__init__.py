"""Query executions: their states, what they run with, and the files of their results."""
