"""What the resource types of all services share: a stack knows a resource by its physical id and attributes alone."""

from typing import Any, ClassVar, Self

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.utils import random_suffix
from moto.core.base_backend import BackendDict
from moto.utilities.utils import get_partition

Properties = dict[str, Any]


class StackResource:
    """A resource type, which creates, changes and deletes what it names through the service's backend.

    Subclasses are CloudFormationModel too, in this place in the list of their bases: moto finds its direct subclasses.
    They say what is in the class variables and have the hooks `create` and `delete`. Without an `update` of its own, a
    resource is replaced.
    """

    type_name: ClassVar[str]
    backends: ClassVar[BackendDict[Any]]
    is_global: ClassVar[bool] = False
    """Whether the service has one backend for all regions of a partition."""
    name_property: ClassVar[str] = ""
    supported_properties: ClassVar[frozenset[str]]
    attribute_names: ClassVar[frozenset[str]] = frozenset()
    replaces: "StackResource | None" = None
    """Of a replacement, until the stack has it: the resource whose place it takes."""
    name: str = ""
    """Of a replacement: what it was created under."""

    def __init__(self, physical_resource_id: str, attributes: Properties | None = None) -> None:
        self.physical_resource_id = physical_resource_id
        self.attributes = attributes or {}

    @classmethod
    def create(cls, backend: Any, name: str, properties: Properties) -> Self:
        raise NotImplementedError

    @classmethod
    def delete(cls, backend: Any, physical_resource_id: str, properties: Properties) -> None:
        raise NotImplementedError

    def update(self, backend: Any, name: str, properties: Properties) -> Self:
        """Bring the properties into effect."""
        return self.replace(backend, name, properties)

    def replace(self, backend: Any, name: str, properties: Properties) -> Self:
        """Another resource in the place of this one, which the stack deletes when nothing refers to it any more.

        A name that the template does not give is another one, too.
        """
        if not self.given_name(properties):
            name = f"{name.rpartition('-')[0]}-{random_suffix()}"
        replacement = self.create(backend, name, properties)
        replacement.replaces, replacement.name = self, name
        return replacement

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        """The name that the template gives, if any."""
        return properties.get(cls.name_property)

    @classmethod
    def backend_of(cls, account_id: str, region_name: str) -> Any:
        return cls.backends[account_id][get_partition(region_name) if cls.is_global else region_name]

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attribute_names

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> Self:
        properties = cloudformation_json["Properties"]
        name = cls.given_name(properties) or resource_name
        return cls.create(cls.backend_of(account_id, region_name), name, properties)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        properties = cloudformation_json["Properties"]
        name = cls.given_name(properties) or new_resource_name
        return original_resource.update(cls.backend_of(account_id, region_name), name, properties)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str
    ) -> None:
        cls.delete(cls.backend_of(account_id, region_name), resource_name, cloudformation_json["Properties"])


def as_boolean(value: Any) -> bool:
    """A template may hold true or "true"."""
    return str(value).lower() == "true"
