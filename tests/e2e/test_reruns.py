"""What later runs leave to the readers: the same facts, whatever died on the way, and a way back."""

from tests.e2e.conftest import Lakehouse
from tests.e2e.independent_star_schema import StarSchema


def test_a_run_survives_the_death_of_its_engines(disturbed_run: str) -> None:
    assert disturbed_run == "success"


def test_a_second_run_publishes_the_same_facts(disturbed_run: str, lakehouse: Lakehouse, expected: StarSchema) -> None:
    assert lakehouse.facts() == expected.fact_totals()


def test_a_rollback_publishes_the_version_before(
    disturbed_run: str, lakehouse: Lakehouse, expected: StarSchema
) -> None:
    (before,) = published_versions(lakehouse)
    printed = lakehouse.succeed("rollback")
    (after,) = published_versions(lakehouse)
    assert after != before
    assert f"{after} is published" in printed
    assert lakehouse.facts() == expected.fact_totals()


def published_versions(lakehouse: Lakehouse) -> list[str]:
    """What `lakehouse versions` marks as published."""
    return [line.split()[1] for line in lakehouse.succeed("versions").splitlines() if " yes " in line]
