"""Jobs of AWS Glue."""
