"""What a bucket's policy and its public access block let everybody do.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import ipaddress
import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import FakeBucket, PublicAccessBlock

from local_aws.s3.documents import as_list
from local_aws.s3.exceptions import MalformedPolicyError

Document = Mapping[str, Any]

EFFECTS = {"Allow", "Deny"}

# A statement with a fixed value of one of these is not public.
NARROWING_KEYS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
}


def blocked_by_default() -> PublicAccessBlock:
    """What every bucket has since April 2023: https://aws.amazon.com/blogs/aws/amazon-s3-security-changes."""
    return PublicAccessBlock(*["true"] * 4)


def allows_everybody(bucket: FakeBucket, action: str, key: str | None, request: Mapping[str, str]) -> bool:
    """Whether a request that nobody signed may do the action.

    :param key: of the object; None for the bucket itself
    :param request: the values of condition keys, by lower-case name
    """
    block = bucket.public_access_block
    if bucket.policy is None or (block and block.restrict_public_buckets):
        return False
    resource = bucket.arn if key is None else f"{bucket.arn}/{key}"
    statements = [
        statement
        for statement in _statements(bucket.policy)
        if _names_everybody(statement) and _is_about(statement, action, resource)
    ]
    applying = {one["Effect"] for one in statements if _is_met(one.get("Condition", {}), request)}
    return "Allow" in applying and "Deny" not in applying


def is_public(policy: bytes | str) -> bool:
    """Whether S3 calls a policy public: something is allowed to everybody, from everywhere."""
    return any(
        statement["Effect"] == "Allow" and _names_everybody(statement) and not _is_narrowed(statement)
        for statement in _statements(policy)
    )


def _statements(policy: bytes | str) -> list[Document]:
    """Raises MalformedPolicyError."""
    try:
        document = json.loads(policy)
    except ValueError as error:
        raise MalformedPolicyError("Policies must be valid JSON and the first byte must be '{'") from error
    statements = as_list(document.get("Statement", [])) if isinstance(document, dict) else []
    if not statements or any(not isinstance(one, dict) or one.get("Effect") not in EFFECTS for one in statements):
        raise MalformedPolicyError("Missing required field Statement, or a statement without a valid Effect")
    return statements


def _names_everybody(statement: Document) -> bool:
    principal = statement.get("Principal", {})
    if "NotPrincipal" in statement:
        return True
    return "*" in as_list(principal.get("AWS", []) if isinstance(principal, dict) else principal)


def _is_narrowed(statement: Document) -> bool:
    conditions = statement.get("Condition", {})
    return any(
        key.lower() in NARROWING_KEYS and not any("*" in str(value) for value in as_list(values))
        for operator, keys in conditions.items()
        if "Not" not in operator and operator != "Null"
        for key, values in keys.items()
    )


def _is_about(statement: Document, action: str, resource: str) -> bool:
    return _names(statement, "Action", action.lower(), str.lower) and _names(statement, "Resource", resource, str)


def _names(statement: Document, element: str, value: str, form: Callable[[str], str]) -> bool:
    if f"Not{element}" in statement:
        return not _is_among(value, statement[f"Not{element}"], form)
    return _is_among(value, statement.get(element, []), form)


def _is_among(value: str, patterns: Any, form: Callable[[str], str] = str) -> bool:
    # A bracket is no pattern in a policy.
    return any(fnmatchcase(value, form(str(one)).replace("[", "[[]")) for one in as_list(patterns))


def _is_met(conditions: Document, request: Mapping[str, str]) -> bool:
    return all(
        _is_one_met(operator, request.get(key.lower()), values)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _is_one_met(operator: str, value: str | None, expected: Any) -> bool:
    """Of a key that the request has not, only negations are true."""
    if operator == "Null":
        return (value is None) == ("true" in {str(one).lower() for one in as_list(expected)})
    negated = "Not" in operator
    if value is None:
        return negated or operator.endswith("IfExists")
    return _compares(operator.removesuffix("IfExists"), value, expected) != negated


def _compares(operator: str, value: str, expected: Any) -> bool:
    if operator.endswith("IpAddress"):
        address = ipaddress.ip_address(value)
        return any(address in ipaddress.ip_network(one, strict=False) for one in as_list(expected))
    if operator.endswith("Like") or operator.startswith("Arn"):
        return _is_among(value, expected)
    if operator.endswith("IgnoreCase") or operator == "Bool":
        return value.lower() in {str(one).lower() for one in as_list(expected)}
    return value in {str(one) for one in as_list(expected)}
