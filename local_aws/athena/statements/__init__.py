"""The statements that Athena knows, taken apart and carried out."""
