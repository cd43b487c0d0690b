"""The data that the source databases start with: made up, the same for the same scale and day, and a little dirty."""
