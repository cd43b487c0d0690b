"""The CloudFormation types of Glue. A resource here is a name; what it names is kept by the Glue backend."""

from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.glue.models import glue_backends

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.glue.crawlers.model import CRAWLER_FIELDS
from local_aws.glue.exceptions import InvalidInputError
from local_aws.glue.jobs.model import JOB_FIELDS
from local_aws.glue.lock import glue_lock
from local_aws.glue.models import LocalGlueBackend


class NamedResource(StackResource):
    """Ref is the name. Another name is another resource; otherwise `change` brings the properties into effect."""

    backends = glue_backends
    name_property = "Name"

    @classmethod
    def create(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> Self:
        cls.add(backend, name, properties)
        return cls(name)

    def update(self, backend: LocalGlueBackend, name: str, properties: Properties) -> Self:
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        self.change(backend, name, properties)
        return self

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        raise NotImplementedError

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        raise NotImplementedError


class DatabaseResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::Database"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"CatalogId", "DatabaseInput", "DatabaseName"})

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        name = properties.get("DatabaseName") or properties["DatabaseInput"].get("Name")
        return name.lower() if name else None

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.create_database(name, {**properties["DatabaseInput"], "Name": name})

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.update_database(name, {**properties["DatabaseInput"], "Name": name})

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_database(physical_resource_id)


class TableResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::Table"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"CatalogId", "DatabaseName", "Name", "OpenTableFormatInput", "TableInput"}
    )

    @classmethod
    def given_name(cls, properties: Properties) -> str | None:
        name = properties.get("Name") or properties["TableInput"].get("Name")
        return name.lower() if name else None

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        table_input, format_input = properties["TableInput"], properties.get("OpenTableFormatInput")
        with glue_lock:
            backend.create_table(properties["DatabaseName"], name, table_input, format_input)

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        """On AWS an update of an Iceberg table takes its metadata out of the catalog's entry.

        Source: aws-cloudformation/cloudformation-coverage-roadmap issue 1919.
        """
        if properties.get("OpenTableFormatInput"):
            raise InvalidInputError(f"The Iceberg table {name} cannot be updated by CloudFormation: change it by SQL.")
        backend.update_table(properties["DatabaseName"], name, properties["TableInput"])

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:
        """A table that went with its database is gone already."""
        if properties["DatabaseName"] in backend.databases:
            backend.delete_table(properties["DatabaseName"], physical_resource_id)


class CrawlerResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::Crawler"
    supported_properties: ClassVar[frozenset[str]] = frozenset({*CRAWLER_FIELDS, "Name", "Tags"})

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _crawler_definition(properties)
        arguments = {attribute: definition.get(field) for field, attribute in CRAWLER_FIELDS.items()}
        backend.create_crawler(name, **arguments, tags=properties.get("Tags"))

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _crawler_definition(properties)
        backend.update_crawler(name, {field: definition.get(field) for field in CRAWLER_FIELDS})

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_crawler(physical_resource_id)


class JobResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::Job"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {*JOB_FIELDS, "Name", "Tags"} - {"CodeGenConfigurationNodes", "SourceControlDetails"}
    )

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        definition = _job_definition(properties)
        arguments = {attribute: definition.get(field) for field, attribute in JOB_FIELDS.items()}
        backend.create_job(name, **arguments, tags=properties.get("Tags"))

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.update_job(name, _job_definition(properties))

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_job(physical_resource_id)


class SecurityConfigurationResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::SecurityConfiguration"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"EncryptionConfiguration", "Name"})

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.create_security_configuration(name, _encryption(properties))

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.replace_security_configuration(name, _encryption(properties))

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_security_configuration(physical_resource_id)


class DataQualityRulesetResource(NamedResource, CloudFormationModel):
    type_name = "AWS::Glue::DataQualityRuleset"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"ClientToken", "Description", "Name", "Ruleset", "Tags", "TargetTable"}
    )

    @classmethod
    def add(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.create_data_quality_ruleset({**properties, "Name": name})

    @classmethod
    def change(cls, backend: LocalGlueBackend, name: str, properties: Properties) -> None:
        backend.replace_data_quality_ruleset(name, properties)

    @classmethod
    def delete(cls, backend: LocalGlueBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_data_quality_ruleset(physical_resource_id)


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
