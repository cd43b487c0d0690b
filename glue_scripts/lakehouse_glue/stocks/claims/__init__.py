"""What the job is given: the files of a claim, and what is known of their contents."""
