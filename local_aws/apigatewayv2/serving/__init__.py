"""Requests to HTTP APIs: from the address of an API through its stage and route to a function, and back."""
