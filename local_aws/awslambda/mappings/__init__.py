"""Event source mappings: they read streams and queues, and invoke a function with batches of what they find."""
