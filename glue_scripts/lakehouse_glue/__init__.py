"""What the Glue jobs are made of: a folder per dataset, and beside them what datasets share."""
