"""Requests to the endpoint: who sends them, what they ask for in terms of IAM, and how a refusal is answered."""
