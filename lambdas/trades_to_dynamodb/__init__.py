"""The Lambda function that writes the stream's trades and their bars to DynamoDB."""
