"""Tasks that the Amazon provider has no right operator for."""
