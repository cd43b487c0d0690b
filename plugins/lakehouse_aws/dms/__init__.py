"""Full loads of AWS DMS, and what they do not carry as it is."""
