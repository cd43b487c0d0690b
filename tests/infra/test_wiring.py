"""The deploy command finds a value for every parameter: by the names of outputs, of files and of environments."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from cfnlint import decode
from lakehouse.settings import REQUIRED

from deployment.deploy import AFTER_ARTEFACTS, BEFORE_ARTEFACTS, ON_REQUEST, VERSIONED_FILES, ZONES_PARAMETER
from deployment.functions import function_codes
from deployment.zones import SERVICES
from stack.airflow import environment
from stack.credentials import Credentials
from stack.settings import StackSettings

INFRA = Path(__file__).parents[2] / "infra"
ORDER = (*BEFORE_ARTEFACTS, *AFTER_ARTEFACTS, *ON_REQUEST)


@pytest.fixture(scope="module")
def templates() -> dict[str, dict]:
    return {path.stem: decode.decode(str(path))[0] for path in INFRA.glob("*.yaml")}


def test_every_template_is_deployed(templates) -> None:
    assert set(ORDER) == templates.keys()


@pytest.mark.parametrize("name", ORDER)
def test_required_parameters_are_outputs_of_templates_before(templates, name) -> None:
    before = ORDER[: ORDER.index(name)]
    known = {output for template in before for output in templates[template].get("Outputs", {})}
    known |= {"EnvironmentName", ZONES_PARAMETER}
    if name in AFTER_ARTEFACTS:
        known |= VERSIONED_FILES.keys() | {code.parameter for code in function_codes(INFRA.parent)}
    if name in ON_REQUEST:
        # Whoever asks for it says for whom, and from which image.
        known |= {"QuickSightPrincipalArn", "ProducerImageTag"}
    required = {key for key, slot in templates[name].get("Parameters", {}).items() if "Default" not in slot}
    assert required - known == set()


def test_every_bucket_of_the_lakehouse_is_told_to_the_policies_and_the_dags_have_theirs(templates) -> None:
    buckets = {name for name in templates["lakehouse"]["Resources"] if name.endswith("Bucket")}
    assert buckets == {name for name in templates["bucket_policies"]["Parameters"] if name.endswith("Bucket")}
    options = templates["orchestration"]["Resources"]["Airflow"]["Properties"]["AirflowConfigurationOptions"]
    settings = {f"LAKEHOUSE_{name.removeprefix('lakehouse.').upper()}" for name in options if "lakehouse." in name}
    assert set(REQUIRED) <= settings


def test_a_dead_worker_is_noticed_on_mwaa_as_soon_as_on_a_laptop(templates) -> None:
    options = templates["orchestration"]["Resources"]["Airflow"]["Properties"]["AirflowConfigurationOptions"]
    local = StackSettings(Path("home")), Credentials(*["secret"] * len(fields(Credentials)))
    local_options = environment(*local, "postgresql://host/airflow")
    same = [option for option in options if option.startswith(("scheduler.", "workers."))]
    assert len(same) == 3
    for option in same:
        section, name = option.upper().split(".")
        assert options[option] == local_options[f"AIRFLOW__{section}__{name}"]
    assert int(options["scheduler.task_instance_heartbeat_timeout"]) <= 60


def test_zones_are_chosen_by_the_services_that_have_endpoints(templates) -> None:
    _, services, _ = templates["network"]["Resources"]["Fn::ForEach::InterfaceEndpoints"]
    assert set(services) == set(SERVICES)


def test_outputs_have_one_meaning(templates) -> None:
    names = [output for template in templates.values() for output in template.get("Outputs", {})]
    assert len(names) == len(set(names))


def test_parameters_of_a_name_allow_the_same_values(templates) -> None:
    limits: dict[str, tuple] = {}
    for template in templates.values():
        for name, slot in template.get("Parameters", {}).items():
            limit = tuple(str(slot.get(key)) for key in ("AllowedValues", "AllowedPattern", "MinValue", "MaxValue"))
            assert limits.setdefault(name, limit) == limit, name


def test_numbers_have_bounds(templates) -> None:
    unbounded = [
        (template_name, name)
        for template_name, template in templates.items()
        for name, slot in template.get("Parameters", {}).items()
        if slot["Type"] == "Number" and not ({"MinValue", "MaxValue"} <= slot.keys() or "AllowedValues" in slot)
    ]
    assert unbounded == []


@pytest.mark.parametrize("path", sorted((INFRA / "environments").glob("*.toml")), ids=lambda path: path.stem)
def test_environments_set_parameters_that_exist(templates, path) -> None:
    declared = {name for template in templates.values() for name in template.get("Parameters", {})}
    assert tomllib.loads(path.read_text())["parameters"].keys() <= declared
