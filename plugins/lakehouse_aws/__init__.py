"""What the Amazon provider lacks: hooks do the work, operators move control, triggers wait."""
