"""A stack's life: created as a whole or not at all, updated with a way back, deleted but for what is retained."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from moto.cloudformation.models import Event, Stack
from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resource_map import LocalResourceMap, MissingResourceError
from local_aws.cloudformation.support import problem_of
from local_aws.cloudformation.template import Template, check_parameters, check_references, creation_order

log = logging.getLogger(__name__)

RETAIN_POLICIES = {"Retain", "RetainExceptOnCreate"}


class ResourceFailedError(Exception):
    """A resource could not be changed; the stack's events say why."""

    def __init__(self, names: Iterable[str], verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{', '.join(names)}].")


class LocalStack(Stack):
    stack_status_reason: str | None = None

    def _create_resource_map(self) -> LocalResourceMap:
        if self.template_dict:
            check_references(self.template_dict)
            check_parameters(self.template_dict, self.parameters)
            creation_order(self.template_dict.get("Resources", {}))
        resource_map = LocalResourceMap(
            stack_id=self.stack_id,
            stack_name=self.name,
            parameters=self.parameters,
            tags=self.tags,
            account_id=self.account_id,
            region_name=self.region_name,
            template=self.template_dict,
            cross_stack_resources=self.cross_stack_resources,
        )
        resource_map.load()
        return resource_map

    @property
    def stack_resources(self) -> Iterable[CloudFormationModel]:
        return list(self.resource_map.created.values())

    @property
    def outputs(self) -> list[dict[str, Any]] | None:
        """None of a stack that was never complete, and of one that has lost a resource that its outputs name."""
        if not self.status.startswith(("CREATE_COMPLETE", "UPDATE_")):
            return None
        try:
            return super().outputs
        except MissingResourceError:
            return None

    @property
    def parameter_list(self) -> list[dict[str, Any]]:
        hidden = set(self.resource_map.no_echo_parameter_keys)
        values = self.resource_map.resolved_parameters
        return [
            {"ParameterKey": name, "ParameterValue": "****" if name in hidden else _text(value)}
            for name, value in values.items()
        ]

    def set_status(self, status: str, reason: str | None = None) -> None:
        self.status = status
        self.stack_status_reason = reason
        self._add_stack_event(status, resource_status_reason=reason)

    def use_template(self, template: str, parameters: dict[str, Any]) -> None:
        """Have the stack stand for this template and these parameters; its resources stay as they are."""
        self.template = template
        self.parameters = parameters
        self._parse_template()
        self.description = self.template_dict.get("Description")
        self.resource_map.load_template(self.template_dict, parameters)
        self.output_map = self._create_output_map()

    def create_from(self, template: str, parameters: dict[str, Any]) -> None:
        """Fill a stack that was made for a change set."""
        parsed = self.parse_template(template)
        check_references(parsed)
        check_parameters(parsed, parameters)
        self.use_template(template, parameters)
        self.create_resources()

    def create_resources(self) -> None:
        """Create every resource; on a failure, remove those created and end in ROLLBACK_COMPLETE."""
        self.set_status("CREATE_IN_PROGRESS", "User Initiated")
        try:
            self._check_support("create", "CREATE_FAILED")
            for name in self._wanted():
                self._create(name)
        except ResourceFailedError as failure:
            self.set_status("ROLLBACK_IN_PROGRESS", str(failure))
            is_clean = self._remove(reversed(list(self.resource_map.applied)), keeps_retained=False)
            self.set_status("ROLLBACK_COMPLETE" if is_clean else "ROLLBACK_FAILED", str(failure))
            return
        self.set_status("CREATE_COMPLETE")

    def update(
        self,
        template: str,
        role_arn: str | None = None,
        parameters: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        """Apply the template; on a failure, go back to the one before and end in UPDATE_ROLLBACK_COMPLETE.

        Raises ValidationError, with nothing changed, for a template or parameters that are wrong in themselves.
        """
        new_parameters = self.parameters if parameters is None else parameters
        parsed = self.parse_template(template)
        check_references(parsed)
        check_parameters(parsed, new_parameters)
        creation_order(parsed["Resources"])
        before = (self.template, self.parameters)
        self.set_status("UPDATE_IN_PROGRESS", "User Initiated")
        self.role_arn = role_arn
        self.resource_map.replaced = {}
        try:
            self.use_template(template, new_parameters)
            self._check_support("update", "UPDATE_FAILED")
            self._apply()
        except ResourceFailedError as failure:
            self._roll_back_update(before, str(failure))
            return
        self.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(keeps_retained=True)
        self.tags = self.tags if tags is None else tags
        self.set_status("UPDATE_COMPLETE")

    def _roll_back_update(self, before: tuple[str, dict[str, Any]], reason: str) -> None:
        self.set_status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        self.resource_map.restore_replaced()
        self.use_template(*before)
        try:
            self._apply()
        except ResourceFailedError as failure:
            self.set_status("UPDATE_ROLLBACK_FAILED", f"{reason} {failure}")
            return
        self._clean_up(keeps_retained=False)
        self.set_status("UPDATE_ROLLBACK_COMPLETE", reason)

    def delete(self) -> None:
        """Delete the resources but the retained; DELETE_FAILED when one cannot be deleted."""
        self.set_status("DELETE_IN_PROGRESS", "User Initiated")
        if self._remove(reversed(list(self.resource_map.applied)), keeps_retained=True):
            self.set_status("DELETE_COMPLETE")
        else:
            remaining = ", ".join(self.resource_map.applied)
            self.set_status("DELETE_FAILED", f"The following resource(s) failed to delete: [{remaining}].")

    def _wanted(self) -> list[str]:
        order = creation_order(self.template_dict["Resources"])
        return [name for name in order if self.resource_map.is_wanted(name)]

    def _check_support(self, verb: str, status: str) -> None:
        """Before anything is changed: every resource that cannot be what the template says fails."""
        failed = []
        for name in self._wanted():
            resource = self.resource_map.without_unset(name)
            problem = problem_of(resource, self.template_dict)
            if problem:
                failed.append(name)
                self._add_event(name, resource["Type"], "", status, problem)
        if failed:
            raise ResourceFailedError(failed, verb)

    def _apply(self) -> None:
        for name in self._wanted():
            if name not in self.resource_map.applied:
                self._create(name)
                continue
            resolved = self.resource_map.resolved(name)
            if self.resource_map.is_changed(name, resolved):
                self._change(
                    name, resolved["Type"], "UPDATE", lambda name=name, resolved=resolved: self._update(name, resolved)
                )

    def _update(self, name: str, resolved: Template) -> None:
        if self.resource_map.applied[name]["Type"] == resolved["Type"]:
            self.resource_map.update_resource(name, resolved)
        else:
            self.resource_map.delete_resource(name)
            self.resource_map.create_resource(name)

    def _create(self, name: str) -> None:
        resource_type = self.template_dict["Resources"][name]["Type"]
        self._change(name, resource_type, "CREATE", lambda: self.resource_map.create_resource(name))

    def _change(
        self, name: str, resource_type: str, verb: str, change: Callable[[], Any], physical_id: str | None = None
    ) -> None:
        def add_event(status: str, reason: str | None = None) -> None:
            self._add_event(name, resource_type, physical_id or self._physical_id(name), f"{verb}_{status}", reason)

        add_event("IN_PROGRESS")
        try:
            change()
        except Exception as error:
            log.exception("%s of %s (%s) in stack %s failed", verb, name, resource_type, self.name)
            add_event("FAILED", _reason(error))
            raise ResourceFailedError([name], verb.lower()) from error
        add_event("COMPLETE")

    def _clean_up(self, keeps_retained: bool) -> None:
        """Delete what was replaced, and what the template has no more, once no other resource needs it.

        Source: CloudFormation user guide, Update behaviors of stack resources.
        """
        wanted = set(self._wanted())
        for name in reversed(list(self.resource_map.applied)):
            if name not in wanted:
                self._remove([name], keeps_retained)
            elif name in self.resource_map.replaced:
                self._remove_replaced(name, keeps_retained)

    def _remove_replaced(self, name: str, keeps_retained: bool) -> None:
        """One that cannot be deleted, or is retained, is no longer the stack's."""
        resolved = self.resource_map.applied[name]
        physical_id = str(self.resource_map.replaced[name].resource.physical_resource_id)
        if keeps_retained and resolved.get("UpdateReplacePolicy") == "Retain":
            self._add_event(name, resolved["Type"], physical_id, "DELETE_SKIPPED")
            return
        with suppress(ResourceFailedError):
            self._change(name, resolved["Type"], "DELETE", lambda: self.resource_map.delete_replaced(name), physical_id)

    def _remove(self, names: Iterable[str], keeps_retained: bool) -> bool:
        """Delete the resources in this order; False when one could not be deleted."""
        is_clean = True
        for name in list(names):
            resolved = self.resource_map.applied[name]
            if keeps_retained and resolved.get("DeletionPolicy") in RETAIN_POLICIES:
                self._add_event(name, resolved["Type"], self._physical_id(name), "DELETE_SKIPPED")
                self.resource_map.forget(name)
                continue
            try:
                self._change(
                    name, resolved["Type"], "DELETE", lambda name=name: self.resource_map.delete_resource(name)
                )
            except ResourceFailedError:
                is_clean = False
        return is_clean

    def _physical_id(self, name: str) -> str:
        resource = self.resource_map.created.get(name)
        return str(resource.physical_resource_id) if resource is not None else ""

    def _add_event(
        self, name: str, resource_type: str, physical_id: str, status: str, reason: str | None = None
    ) -> None:
        event = Event(
            stack_id=self.stack_id,
            stack_name=self.name,
            logical_resource_id=name,
            physical_resource_id=physical_id,
            resource_type=resource_type,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
        self.events.append(event)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _reason(error: Exception) -> str:
    """The service's own sentence; of an error without one, its kind and what it names."""
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, KeyError):
        return f"The required property {error} is missing"
    return str(message) or type(error).__name__
