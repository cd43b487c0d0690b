"""Whether every row can be accounted for, from the source to the engines, and where that is kept."""
