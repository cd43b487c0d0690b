"""The policy of a function: which services and accounts may invoke it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One permission, as AddPermission takes it; `conditions` are those of the policy document."""

    sid: str
    action: str
    principal: str
    resource: str
    conditions: dict[str, dict[str, str]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        principal: Any = self.principal
        if principal.endswith(".amazonaws.com"):
            principal = {"Service": principal}
        elif principal != "*":
            is_account = principal.isdigit()
            principal = {"AWS": f"arn:aws:iam::{principal}:root" if is_account else principal}
        document = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": self.resource,
        }
        return document | ({"Condition": self.conditions} if self.conditions else {})


def statement_of(request: dict[str, Any], resource: str) -> Statement:
    """The statement that AddPermission's parameters make."""
    conditions: dict[str, dict[str, str]] = {}
    equal = {
        "AWS:SourceAccount": request.get("SourceAccount"),
        "aws:PrincipalOrgID": request.get("PrincipalOrgID"),
        "lambda:EventSourceToken": request.get("EventSourceToken"),
    }
    if any(equal.values()):
        conditions["StringEquals"] = {name: value for name, value in equal.items() if value}
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    return Statement(request["StatementId"], request["Action"], request["Principal"], resource, conditions)
