"""A dataset that was added by the steps of docs/contributing.md: its DAG, its SQL, and what follows from it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse.reconciliation import rows
from lakehouse.redshift import preparation_of, transaction
from lakehouse.settings import REDSHIFT_DATABASE
from lakehouse_aws.athena.check import AthenaCheckOperator
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from docs.generate_data_dictionary import data_dictionary_md
from lakehouse_contract.tables import declared_table
from tests.airflow_support import AIRFLOW_ENVIRONMENT, TaskInstance, run_operator
from tests.contract.test_declared_everywhere import redshift_columns, redshift_type
from tests.dags import test_dag_policy as policy
from tests.dags.conftest import DAGS_FOLDER, SETTINGS
from tests.dags.star_schema_lake import LOOK_SECONDS, Lake, arrow_table
from tests.plugins.iceberg_lake import IcebergLake
from tests.recipes.dataset_recipe import COLUMN, DATASET, followed_column_recipe, followed_recipe

TABLE = "currencies"
DAG_RUN = SimpleNamespace(dag_id=TABLE, run_id="manual__1", start_date=datetime.now(UTC))
POLICIES = (
    policy.test_every_dag_tells_its_story,
    policy.test_every_dag_has_only_known_tags,
    policy.test_no_dag_catches_up_or_overlaps_itself,
    policy.test_every_failure_is_notified,
    policy.test_every_wait_but_that_for_a_query_of_seconds_is_deferrable,
    policy.test_every_dag_can_be_serialized,
)
CURRENCIES = [{"currency_code": "EUR", "name": "Euro"}, {"currency_code": "USD", "name": "US Dollar"}]


@pytest.fixture(scope="module", autouse=True)
def recipe():
    with followed_recipe():
        yield


def parsed(path):
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as environment:
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        return DagBag(path, include_examples=False)


@pytest.fixture(scope="module")
def recipe_dag_bag():
    return parsed(DATASET / "dags")


@pytest.mark.parametrize("check", POLICIES, ids=lambda check: check.__name__)
def test_the_dag_is_as_every_dag_has_to_be(recipe_dag_bag, check):
    assert not recipe_dag_bag.import_errors
    assert list(recipe_dag_bag.dags) == [TABLE]
    check(recipe_dag_bag)


def test_the_dag_writes_audits_publishes_loads_and_reconciles(recipe_dag_bag):
    dag = recipe_dag_bag.dags[TABLE]
    downstream = {task.task_id: set(task.downstream_task_ids) for task in dag.tasks}
    assert downstream == {
        "transform": {"audit", "quality_gate", "publish"},
        "audit": {"quality_gate"},
        "quality_gate": {"publish"},
        "publish": {"verify", "count_rows", "load", "reconcile_rows"},
        "verify": set(),
        "count_rows": {"reconcile_rows"},
        "load": {"reconcile_rows"},
        "reconcile_rows": set(),
    }
    assert {task.task_id for task in dag.tasks if task.pool == TABLE} == {"transform", "publish"}
    assert dag.get_task("audit").script_args["--dataset"] == TABLE


def test_every_sql_file_of_the_dag_exists(recipe_dag_bag):
    tasks = recipe_dag_bag.dags[TABLE].tasks
    fields = ("scripts", "preparation", "query")
    named = [value for task in tasks for field in fields for value in policy.leaves(getattr(task, field, None))]
    assert {f"sql/athena/{TABLE}/verification.sql", f"sql/redshift/{TABLE}/create_table.sql"} <= set(named)
    missing = [name for name in named if not any((folder / name).exists() for folder in (DAGS_FOLDER, DATASET))]
    assert missing == []


def test_maintenance_reaches_the_table_without_an_edit_of_its_own():
    maintenance = parsed(DAGS_FOLDER / "lakehouse_maintenance.py").dags["lakehouse_maintenance"]
    task = maintenance.get_task(f"maintain_{TABLE}")
    assert (task.pool, task.script_args["--tables"]) == (TABLE, TABLE)


def test_redshift_and_the_data_dictionary_have_the_declared_columns():
    declared = [
        (column.name, redshift_type(column.type, column.max_bytes), column.is_required)
        for column in declared_table(TABLE).columns
    ]
    ddl = (DATASET / f"sql/redshift/{TABLE}/create_table.sql").read_text()
    assert redshift_columns(ddl) == declared
    dictionary = data_dictionary_md()
    assert "### currencies" in dictionary
    assert "| `currency_code` | string | no | 3 |" in dictionary


def test_a_column_is_added_to_redshifts_table_at_the_place_that_a_new_table_has_it():
    folder = COLUMN / f"sql/redshift/{TABLE}"
    created = redshift_columns((folder / "create_table.sql").read_text())
    with followed_column_recipe():
        columns = declared_table(TABLE).columns
        assert created == [(c.name, redshift_type(c.type, c.max_bytes), c.is_required) for c in columns]
    before = redshift_columns((DATASET / f"sql/redshift/{TABLE}/create_table.sql").read_text())
    assert created == before + redshift_columns((folder / "add_column.sql").read_text())


@pytest.fixture(scope="module")
def lake(aws, aws_endpoint):
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        yield Lake(aws, template_folders=[DATASET])


@pytest.fixture
def published(lake):
    """Publishes a list under the name of a run, as the DAG's task does."""

    def publish(run, currencies):
        operator = PublishRunOperator(
            task_id="publish", run=run, bucket=lake.name, database=lake.database, dimensions=[TABLE], facts=[]
        )
        IcebergLake(lake.aws("s3"), operator.hook.catalog, lake.name, lake.database).write_run(
            run, {TABLE: arrow_table(TABLE, currencies)}, sources={}, sums={}
        )
        return run_operator(operator, {"ti": TaskInstance()})

    return publish


def test_published_rows_reach_athena_and_redshift_and_are_reconciled(lake, published, monkeypatch):
    monkeypatch.setattr(rows, "GLUE_DATABASE", lake.database)
    monkeypatch.setattr(rows, "lakehouse_settings", lambda: lake.settings)
    tag = published("jr_1", CURRENCIES)

    lake.athena(f"sql/athena/{TABLE}/verification.sql", AthenaCheckOperator)
    query = lake.athena("sql/athena/audit_reconciliation/row_counts.sql", params={"tables": [TABLE]})
    statements = lake.run(
        RedshiftLoadOperator,
        tables=[TABLE],
        preparation=preparation_of([TABLE]),
        scripts=transaction(then=["sql/redshift/audit_reconciliation/row_counts.sql"]),
        bucket=lake.name,
        glue_database=lake.database,
        database=REDSHIFT_DATABASE,
        workgroup_name=lake.name,
        poll_interval=LOOK_SECONDS,
    )
    assert lake.redshift_rows(f"SELECT * FROM analytics.{TABLE} ORDER BY 1") == CURRENCIES
    (counts,) = rows.reconcile_rows.function(tag, "currencies", [TABLE], query, statements, dag_run=DAG_RUN)
    hops = {"published_rows": 2, "athena_rows": 2, "redshift_rows": 2}
    assert {name: count for name, count in counts.items() if count is not None} == {"table_name": TABLE} | hops

    later = published("jr_2", CURRENCIES[:1])
    with pytest.raises(AirflowFailException, match=r"currencies published to Athena: 1 rows became 2"):
        rows.reconcile_rows.function(later, "currencies", [TABLE], query, None, dag_run=DAG_RUN)
