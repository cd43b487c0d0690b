"""The templates as parsed, their resources as flat lists."""

from pathlib import Path
from typing import NamedTuple

import pytest
from cfnlint import decode

INFRA = Path(__file__).parents[2] / "infra"
TEMPLATES = sorted(INFRA.glob("*.yaml"))


class Resource(NamedTuple):
    template: str
    name: str
    type: str
    definition: dict

    @property
    def properties(self) -> dict:
        return self.definition.get("Properties", {})


def template_resources(path: Path) -> list[Resource]:
    """The resources of a template, each one of a Fn::ForEach once."""
    template, problems = decode.decode(str(path))
    assert not problems
    definitions = {}
    for name, definition in template["Resources"].items():
        definitions |= definition[2] if name.startswith("Fn::ForEach::") else {name: definition}
    return [Resource(path.stem, name, definition["Type"], definition) for name, definition in definitions.items()]


@pytest.fixture(scope="session")
def templates_parameters():
    """`templates_parameters("network")`: the parameters that a template declares."""

    def of_template(name: str) -> dict[str, dict]:
        template, problems = decode.decode(str(INFRA / f"{name}.yaml"))
        assert not problems
        return template["Parameters"]

    return of_template


@pytest.fixture(scope="session")
def resources() -> list[Resource]:
    found = [resource for path in TEMPLATES for resource in template_resources(path)]
    assert {resource.template for resource in found} >= {"lakehouse", "network", "orchestration", "monitoring"}
    return found


@pytest.fixture(scope="session")
def resources_of(resources: list[Resource]):
    """`resources_of("AWS::S3::Bucket")`: those of a type, in all templates; there is at least one."""

    def of_type(resource_type: str) -> list[Resource]:
        found = [resource for resource in resources if resource.type == resource_type]
        assert found
        return found

    return of_type
