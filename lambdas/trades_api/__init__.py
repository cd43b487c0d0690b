"""The Lambda function that answers questions about trades from DynamoDB."""
