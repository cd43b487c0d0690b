"""The CloudFormation types of Glue. A resource here is a name; what it names is kept by the Glue backend."""

from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.glue.models import glue_backends

from local_aws.glue.crawlers.model import CRAWLER_FIELDS
from local_aws.glue.exceptions import InvalidInputError
from local_aws.glue.jobs.model import JOB_FIELDS
from local_aws.glue.lock import glue_lock
from local_aws.glue.models import LocalGlueBackend

Properties = dict[str, Any]


class NamedResource:
    """Ref is the name. A changed name makes another resource and deletes the first, as a replacement does."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003  moto's signature
        return False

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_kwargs: Any
    ) -> Self:
        properties = cloudformation_json["Properties"]
        name = cls.given_name(properties) or resource_name
        cls.create(glue_backends[account_id][region_name], name, properties)
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,  # noqa: ARG003  moto's signature; a resource without a name keeps its own
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        properties = cloudformation_json["Properties"]
        backend = glue_backends[account_id][region_name]
        name = cls.given_name(properties) or original_resource.name
        if name == original_resource.name:
            cls.update(backend, name, properties)
            return original_resource
        cls.create(backend, name, properties)
        cls.delete(backend, original_resource.name, properties)
        return cls(name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str
    ) -> None:
        cls.delete(glue_backends[account_id][region_name], resource_name, cloudformation_json["Properties"])

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        return properties.get("Name")


class GlueDatabase(NamedResource, CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset({"CatalogId", "DatabaseInput", "DatabaseName"})

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Glue::Database"

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        name = properties.get("DatabaseName") or properties["DatabaseInput"].get("Name")
        return name.lower() if name else None

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.create_database(name, {**properties["DatabaseInput"], "Name": name})

    @classmethod
    def update(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.update_database(name, {**properties["DatabaseInput"], "Name": name})

    @classmethod
    def delete(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:  # noqa: ARG003  one hook for all
        backend.delete_database(name)


class GlueTable(NamedResource, CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"CatalogId", "DatabaseName", "Name", "OpenTableFormatInput", "TableInput"}
    )

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Glue::Table"

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        name = properties.get("Name") or properties["TableInput"].get("Name")
        return name.lower() if name else None

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        table_input, format_input = properties["TableInput"], properties.get("OpenTableFormatInput")
        with glue_lock:
            backend.create_table(properties["DatabaseName"], name, table_input, format_input)

    @classmethod
    def update(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        """On AWS an update of an Iceberg table takes its metadata out of the catalog's entry.

        Source: aws-cloudformation/cloudformation-coverage-roadmap issue 1919.
        """
        if properties.get("OpenTableFormatInput"):
            raise InvalidInputError(f"The Iceberg table {name} cannot be updated by CloudFormation: change it by SQL.")
        backend.update_table(properties["DatabaseName"], name, properties["TableInput"])

    @classmethod
    def delete(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        """A table that went with its database is gone already."""
        if properties["DatabaseName"] in backend.databases:
            backend.delete_table(properties["DatabaseName"], name)


class GlueCrawler(NamedResource, CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset({*CRAWLER_FIELDS, "Name", "Tags"})

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Glue::Crawler"

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _crawler_definition(properties)
        arguments = {attribute: definition.get(field) for field, attribute in CRAWLER_FIELDS.items()}
        backend.create_crawler(name, **arguments, tags=properties.get("Tags"))

    @classmethod
    def update(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _crawler_definition(properties)
        backend.update_crawler(name, {field: definition.get(field) for field in CRAWLER_FIELDS})

    @classmethod
    def delete(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:  # noqa: ARG003  one hook for all
        backend.delete_crawler(name)


class GlueJob(NamedResource, CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {*JOB_FIELDS, "Name", "Tags"} - {"CodeGenConfigurationNodes", "SourceControlDetails"}
    )

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Glue::Job"

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _job_definition(properties)
        arguments = {attribute: definition.get(field) for field, attribute in JOB_FIELDS.items()}
        backend.create_job(name, **arguments, tags=properties.get("Tags"))

    @classmethod
    def update(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.update_job(name, _job_definition(properties))

    @classmethod
    def delete(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:  # noqa: ARG003  one hook for all
        backend.delete_job(name)


class GlueSecurityConfiguration(NamedResource, CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset({"EncryptionConfiguration", "Name"})

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Glue::SecurityConfiguration"

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.create_security_configuration(name, _encryption(properties))

    @classmethod
    def update(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.replace_security_configuration(name, _encryption(properties))

    @classmethod
    def delete(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:  # noqa: ARG003  one hook for all
        backend.delete_security_configuration(name)


def _encryption(properties: Properties) -> Properties:
    """The properties as the API takes them: it has another name for the list of S3."""
    names = {"S3Encryptions": "S3Encryption"}
    return {names.get(kind, kind): settings for kind, settings in properties["EncryptionConfiguration"].items()}


def _crawler_definition(properties: Properties) -> Properties:
    """The properties as the API takes them: the schedule is its expression, and a parameter's number is no text."""
    schedule = (properties.get("Schedule") or {}).get("ScheduleExpression")
    targets = dict(properties["Targets"])
    if "IcebergTargets" in targets:
        targets["IcebergTargets"] = [
            target | {name: int(target[name]) for name in ("MaximumTraversalDepth",) if name in target}
            for target in targets["IcebergTargets"]
        ]
    return {**properties, "Schedule": schedule, "Targets": targets}


def _job_definition(properties: Properties) -> Properties:
    """The properties with numbers, which a template's parameters hand over as text."""
    definition = dict(properties)
    for name in ("AllocatedCapacity", "MaxRetries", "NumberOfWorkers", "Timeout"):
        if name in definition:
            definition[name] = int(definition[name])
    if "MaxCapacity" in definition:
        definition["MaxCapacity"] = float(definition["MaxCapacity"])
    if "ExecutionProperty" in definition:
        limit = definition["ExecutionProperty"].get("MaxConcurrentRuns", 1)
        definition["ExecutionProperty"] = {"MaxConcurrentRuns": int(limit)}
    return definition
