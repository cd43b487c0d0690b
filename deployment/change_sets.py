"""One CloudFormation stack brought to its template by a change set that a person has seen."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from deployment.errors import DeploymentError
from deployment.stack_events import EventLog, failure_reason

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
NEVER_CREATED = frozenset(
    {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
)
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
POLL_SECONDS = 3.0

Values = dict[str, str]


@dataclass(frozen=True)
class StackRequest:
    """What a stack shall be; `template_url` is that of an object in S3."""

    name: str
    template_url: str
    parameters: dict[str, str]
    tags: dict[str, str]


class Terminal(Protocol):
    """Where a deployment is shown and asked for."""

    def line(self, text: str) -> None: ...

    def changes(self, stack: str, changes: list[dict[str, Any]]) -> None:
        """Show the ResourceChange items of a change set."""

    def is_agreed(self, question: str) -> bool: ...


class StackDeployer:
    """Creates and updates stacks, and goes on with what an earlier deployment left behind."""

    def __init__(self, cloudformation: Any, terminal: Terminal) -> None:
        self.cloudformation = cloudformation
        self.terminal = terminal

    def deploy(self, request: StackRequest) -> Values:
        """The stack's outputs after the change; raises DeploymentError when it was refused or failed."""
        stack = self._ready_stack(request.name)
        change_set = self._change_set(request, "UPDATE" if stack else "CREATE")
        if change_set is None:
            self.terminal.line(f"{request.name}: no change")
            return self.outputs(request.name)
        self.terminal.changes(request.name, [change["ResourceChange"] for change in change_set["Changes"]])
        if not self.terminal.is_agreed(f"Apply these {len(change_set['Changes'])} changes to {request.name}?"):
            self._discard(request.name, change_set["ChangeSetId"], is_new=stack is None)
            raise DeploymentError(f"Stopped before {request.name}: nothing of it was changed.")
        self._execute(request.name, change_set["ChangeSetId"])
        return self.outputs(request.name)

    def describe(self, name: str) -> dict[str, Any] | None:
        try:
            return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise

    def outputs(self, name: str) -> Values:
        stack = self.describe(name) or {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameters(self, name: str) -> Values:
        """What the stack was given; nothing when there is no stack."""
        stack = self.describe(name) or {}
        return {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}

    def resources(self, name: str) -> dict[str, list[str]]:
        """Physical ids of the stack's resources by type; none when there is no stack."""
        if self.describe(name) is None:
            return {}
        found: dict[str, list[str]] = {}
        for page in self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
            for summary in page["StackResourceSummaries"]:
                if "PhysicalResourceId" in summary:
                    found.setdefault(summary["ResourceType"], []).append(summary["PhysicalResourceId"])
        return found

    def _ready_stack(self, name: str) -> dict[str, Any] | None:
        """The stack, idle and fit for an update; None when it is to be created."""
        stack = self.describe(name)
        if stack and stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
            self.terminal.line(f"{name}: waiting for {stack['StackStatus']} to end")
            stack = self._wait_idle(name)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        if stack["StackStatus"] in NEVER_CREATED:
            self._delete(name, stack)
            return None
        if stack["StackStatus"] not in DONE:
            raise DeploymentError(
                f"The stack {name} is {stack['StackStatus']}: run `aws cloudformation continue-update-rollback "
                f"--stack-name {name} --region {self.cloudformation.meta.region_name}`, wait until it has ended, and "
                "deploy again."
            )
        return stack

    def _delete(self, name: str, stack: dict[str, Any]) -> None:
        self.terminal.line(f"{name}: removing what {stack['StackStatus']} left behind")
        self.cloudformation.delete_stack(StackName=stack["StackId"])
        left = self._wait_idle(stack["StackId"])
        if left and left["StackStatus"] != "DELETE_COMPLETE":
            reason = failure_reason(self.cloudformation, stack["StackId"])
            raise DeploymentError(f"The stack {name} could not be removed, {reason}: remove that and deploy again.")

    def _change_set(self, request: StackRequest, kind: str) -> dict[str, Any] | None:
        """The change set, ready to be executed; None when there is nothing to change."""
        try:
            created = self._create_change_set(request, kind)
        except ClientError as error:
            if _tells_no_changes(error.response["Error"]["Message"]):
                return None
            raise
        change_set = self._wait_change_set(created)
        if change_set["Status"] == "CREATE_COMPLETE":
            return change_set
        reason = change_set.get("StatusReason", "CloudFormation gives no reason")
        self._discard(request.name, created, is_new=kind == "CREATE")
        if _tells_no_changes(reason):
            return None
        raise DeploymentError(f"The change of {request.name} is not possible: {' '.join(reason.split())}")

    def _create_change_set(self, request: StackRequest, kind: str) -> str:
        return self.cloudformation.create_change_set(
            StackName=request.name,
            ChangeSetName=f"deploy-{time.time_ns()}",
            ChangeSetType=kind,
            TemplateURL=request.template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in request.parameters.items()],
            Tags=[{"Key": key, "Value": value} for key, value in request.tags.items()],
            Capabilities=CAPABILITIES,
            ImportExistingResources=True,
        )["Id"]

    def _wait_change_set(self, change_set: str) -> dict[str, Any]:
        while True:
            pages = self.cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
            described = pages.build_full_result()
            if described["Status"] in {"CREATE_COMPLETE", "FAILED"}:
                return described
            time.sleep(POLL_SECONDS)

    def _discard(self, name: str, change_set: str, *, is_new: bool) -> None:
        """Leave nothing behind: a change set that creates a stack has made an empty one."""
        self.cloudformation.delete_change_set(ChangeSetName=change_set)
        if is_new:
            self.cloudformation.delete_stack(StackName=name)

    def _execute(self, name: str, change_set: str) -> None:
        events = EventLog(self.cloudformation, name, self.terminal.line)
        # Otherwise a rolled back creation would keep its empty buckets and secrets, and the next one find them there.
        self.cloudformation.execute_change_set(ChangeSetName=change_set, RetainExceptOnCreate=True)
        stack = self._wait_idle(name, events)
        if stack is None or stack["StackStatus"] not in DONE - {"UPDATE_ROLLBACK_COMPLETE"}:
            raise DeploymentError(
                f"The stack {name} was not deployed, {failure_reason(self.cloudformation, name)} "
                "Mend it and deploy again: what was done is kept."
            )

    def _wait_idle(self, name: str, events: EventLog | None = None) -> dict[str, Any] | None:
        while True:
            stack = self.describe(name)
            if events:
                events.show_new()
            if stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
            time.sleep(POLL_SECONDS)


def _tells_no_changes(reason: str) -> bool:
    return any(text in reason for text in NO_CHANGES)
