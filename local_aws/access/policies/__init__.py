"""IAM's policy language: documents, conditions, and what policies together decide about one request."""
