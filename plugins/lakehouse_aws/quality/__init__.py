"""What the audit found, and the gate that reads it."""
