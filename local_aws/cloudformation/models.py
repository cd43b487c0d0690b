"""The CloudFormation backend: moto's, creating LocalStack and keeping it when it fails."""

from types import ModuleType
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id, validate_create_change_set

from local_aws.cloudformation import urls
from local_aws.cloudformation.stack import LocalStack

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
RESTARTED = "The endpoint was restarted while the stack was changing."


class LocalCloudFormationBackend(CloudFormationBackend):
    stacks: dict[str, LocalStack]

    @property
    def _url_module(self) -> ModuleType:
        return urls

    def resume_after_restart(self) -> None:
        for stack in list(self.stacks.values()):
            if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
                verb = stack.status.split("_", maxsplit=1)[0]
                stack.set_status(
                    {"DELETE": "DELETE_FAILED", "UPDATE": "UPDATE_FAILED"}.get(verb, "ROLLBACK_FAILED"), RESTARTED
                )

    def _stack_named(self, name: str) -> LocalStack | None:
        return next((stack for stack in list(self.stacks.values()) if name in {stack.name, stack.stack_id}), None)

    def _new_stack(
        self, name: str, template: str | dict[str, Any], parameters: dict[str, Any], **options: Any
    ) -> LocalStack:
        stack = LocalStack(
            stack_id=generate_stack_id(name, self.region_name, self.account_id),
            name=name,
            template=template,
            parameters=parameters,
            account_id=self.account_id,
            region_name=self.region_name,
            cross_stack_resources=self.exports,
            **options,
        )
        self.stacks[stack.stack_id] = stack
        return stack

    def create_stack(self, name: str, template: str, parameters: dict[str, Any], **options: Any) -> LocalStack:
        """Create the stack and its resources.

        Raises ValidationError for a wrong template; a resource's failure is the stack's status.
        """
        if self._stack_named(name):
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack = self._new_stack(name, template, parameters, **options)
        stack.create_resources()
        self._export(stack)
        return stack

    def _export(self, stack: LocalStack) -> None:
        if stack.status.startswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
            self.exports.update({export.name: export for export in stack.exports})

    def update_stack(
        self,
        name: str,
        template: str,
        role_arn: str | None,
        parameters: list[dict[str, Any]],
        tags: dict[str, str] | None,
    ) -> LocalStack:
        stack = self.get_stack(name)
        resolved = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
        if stack.status not in UPDATABLE:
            raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
        if stack.has_template(template) and stack.has_parameters(resolved) and tags in (None, stack.tags):
            raise ValidationError(message="No updates are to be performed.")
        stack.update(template, role_arn, resolved, tags)
        self._export(stack)
        return stack

    def delete_stack(self, name_or_stack_id: str) -> None:
        stack = self._stack_named(name_or_stack_id)
        if stack is None:
            return
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        export_names = [export.name for export in stack.exports] if stack.status in UPDATABLE else []
        stack.delete()
        if stack.status != "DELETE_COMPLETE":
            return
        for name in export_names:
            self.exports.pop(name, None)
        self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)

    def update_termination_protection(self, name: str, *, is_enabled: bool) -> LocalStack:
        stack = self._stack_named(name)
        if stack is None:
            raise ValidationError(message=f"Stack [{name}] does not exist")
        stack.enable_termination_protection = is_enabled
        return stack

    def create_change_set(
        self,
        stack_name: str,
        change_set_name: str,
        template: str,
        parameters: dict[str, str],
        description: str,
        change_set_type: str,
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
    ) -> tuple[str, str]:
        validate_create_change_set(change_set_name)
        stack = self._stack_of_change_set(stack_name, change_set_type, notification_arns, tags, role_arn)
        change_set = ChangeSet(
            change_set_type=change_set_type,
            change_set_id=generate_changeset_id(change_set_name, self.region_name, self.account_id),
            change_set_name=change_set_name,
            stack=stack,
            template=template,
            parameters=parameters,
            description=description,
            notification_arns=notification_arns,
            tags=tags,
            role_arn=role_arn,
        )
        is_same = change_set_type == "UPDATE" and stack.has_template(template) and stack.has_parameters(parameters)
        change_set.status = "FAILED" if is_same else "CREATE_COMPLETE"
        change_set.execution_status = "UNAVAILABLE" if is_same else "AVAILABLE"
        change_set.status_reason = NO_CHANGES if is_same else None
        self.change_sets[change_set.change_set_id] = change_set
        return change_set.change_set_id, stack.stack_id

    def _stack_of_change_set(
        self,
        stack_name: str,
        change_set_type: str,
        notification_arns: list[str] | None,
        tags: dict[str, str] | None,
        role_arn: str | None,
    ) -> LocalStack:
        stack = self._stack_named(stack_name)
        if change_set_type == "UPDATE":
            if stack is None:
                raise ValidationError(message=f"Stack [{stack_name}] does not exist")
            return stack
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(message=f"Stack [{stack_name}] already exists and cannot be created again")
        if stack is None:
            stack = self._new_stack(
                stack_name, {}, {}, notification_arns=notification_arns, tags=tags, role_arn=role_arn
            )
            stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = self._change_set(change_set_name, stack_name)
        if change_set.execution_status != "AVAILABLE":
            raise ValidationError(
                message=f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status"
                f" of [{change_set.status}]"
            )
        stack = self.stacks[change_set.stack_id]
        change_set.execution_status = "EXECUTE_IN_PROGRESS"
        if change_set.change_set_type == "CREATE":
            stack.create_from(change_set.template, change_set.parameters)
        else:
            stack.update(change_set.template, change_set.role_arn, change_set.parameters, change_set.tags)
        is_complete = stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        change_set.execution_status = "EXECUTE_COMPLETE" if is_complete else "EXECUTE_FAILED"
        self._export(stack)

    def _change_set(self, name: str, stack_name: str | None) -> ChangeSet:
        for change_set in reversed(self.change_sets.values()):
            is_of_stack = stack_name in {None, change_set.stack_name, change_set.stack_id}
            if name == change_set.change_set_id or (name == change_set.change_set_name and is_of_stack):
                return change_set
        raise ValidationError(message=f"ChangeSet [{name}] does not exist")
