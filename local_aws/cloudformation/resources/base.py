"""What the types here share: a resource is known to its stack by its physical id and attributes alone."""

from typing import Any, ClassVar, Self

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

Properties = dict[str, Any]


class StackResource:
    """A resource whose model creates, changes and deletes through the service's backend.

    Subclasses are CloudFormationModel too and say what is in the class variables and the three hooks.
    """

    type_name: ClassVar[str]
    name_property: ClassVar[str] = ""
    supported_properties: ClassVar[frozenset[str]]
    attribute_names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, physical_resource_id: str, attributes: Properties | None = None) -> None:
        self.physical_resource_id = physical_resource_id
        self.attributes = attributes or {}

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
    def create(cls, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        raise NotImplementedError

    def update(self, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        """Apply the properties; by default nothing can be changed."""
        raise NotImplementedError(f"Updating {self.type_name} is not supported by the local endpoint")

    @classmethod
    def delete_resource(
        cls, physical_resource_id: str, properties: Properties, account_id: str, region_name: str
    ) -> None:
        raise NotImplementedError

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> Self:
        return cls.create(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        return original_resource.update(new_resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str
    ) -> None:
        cls.delete_resource(resource_name, cloudformation_json["Properties"], account_id, region_name)
