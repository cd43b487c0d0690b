"""Live trades on their way from the stream into the lake, and the lake's bars against those of DynamoDB."""
