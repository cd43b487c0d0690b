"""Every row that came in is in the table or among the rejects."""
