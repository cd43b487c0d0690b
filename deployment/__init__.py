"""What goes to AWS: the files that Amazon MWAA and Glue take, and the way there."""
