"""What the Glue jobs share: schemas, the PII policy, transforms, quality suites and access to the lake."""
