"""What each role may do, because a task needs it, and what it may not."""

import pytest

from lakehouse_contract.market_data import INSTRUMENTS_PREFIX, MANIFESTS_PREFIX, PRICES_PREFIX, WATCHLIST_KEY
from lakehouse_contract.trade_tables import BARS_TABLE, TRADES_TABLE
from tests.infra.role_policies import ACCOUNT, REGION, RolePolicies, role_policies

LAKE = "arn:aws:s3:::lake"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
DYNAMODB = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}"
TRADES_STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/lakehouse-trades"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
TWELVE_DATA = f"{SECRET}:lakehouse/airflow/connections/twelve_data"
RAW = "arn:aws:s3:::raw"
RAW_FILE = f"{RAW}/raw/rds/public/customers/LOAD00000001.parquet"
ARCHIVE = f"{RAW}/archive/load_date=2026-11-20/run=manual__1-0a1b"
ARCHIVED_FILE = f"{ARCHIVE}/rds/public/customers/LOAD00000001.parquet"
RAW_TABLE = f"{GLUE}:table/financial_raw_db/customers"
STAR_TABLE = f"{GLUE}:table/financial_data_db/dim_customers"
DATA_FILE = f"{LAKE}/analytics/dim_customers/data/00000-0-0a1b.parquet"
LANDED_FILE = f"{LAKE}/landing/stocks/prices.csv"
CLAIMED_FILE = f"{LAKE}/claimed/stocks/run_1/20261120T050000000000Z-abcdef01/prices.csv"
SETTLED_FILES = (
    f"{LAKE}/processed/stocks/2026-11-20/x/prices.csv",
    f"{LAKE}/quarantine/stocks/2026-11-20/x/prices.csv",
)

# S3A writes in parts, cleans up those of a killed job, and asks which there are (Hadoop, S3A: IAM permissions).
S3A_OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
S3A_BUCKET_ACTIONS = ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation")

AIRFLOW_MAY = [
    ("check_raw_tables and archive_raw read the raw files", "s3:GetObject", RAW_FILE),
    ("a copy takes an object's tags along", "s3:GetObjectTagging", RAW_FILE),
    ("archive_raw writes", "s3:PutObject", ARCHIVED_FILE),
    ("trades_to_lake reads the stream", "kinesis:GetRecords", TRADES_STREAM),
    ("trades_to_lake compares", "dynamodb:BatchGetItem", f"{DYNAMODB}:table/{BARS_TABLE}"),
    ("trades_to_lake looks why bars differ", "dynamodb:Query", f"{DYNAMODB}:table/{TRADES_TABLE}"),
    ("archive_raw writes tags", "s3:PutObjectTagging", ARCHIVED_FILE),
    ("archive_raw and replay read what is archived", "s3:GetObject", f"{ARCHIVE}/manifest.json"),
    ("archive_raw compares", "s3:ListBucket", RAW),
    ("publish reads what the run wrote", "s3:GetObject", f"{LAKE}/analytics/_runs/jr_1.json"),
    ("publish commits", "s3:PutObject", f"{LAKE}/analytics/dim_customers/metadata/00001-0a1b.metadata.json"),
    ("publish commits in parts", "s3:AbortMultipartUpload", f"{LAKE}/analytics/dim_customers/metadata/0.avro"),
    (
        "load writes manifests for COPY",
        "s3:PutObject",
        f"{LAKE}/analytics/_copy_manifests/dim_customers/2-since-1.json",
    ),
    ("Athena reads tables as the one who asks", "s3:GetObject", DATA_FILE),
    ("quality_gate", "s3:GetObject", f"{LAKE}/quality/jr_1/results.json"),
    ("reconcile", "s3:PutObject", f"{LAKE}/audit/reconciliation/financial_warehouse_daily/run_1.json"),
    (
        "claim_files notes what the ledger is to be told",
        "s3:PutObject",
        f"{LAKE}/audit/untold_stock_files/blocked-1.json",
    ),
    ("claim_files tells the ledger", "s3:PutObject", f"{LAKE}/analytics/stock_file_ledger/data/1.parquet"),
    ("Athena writes results", "s3:PutObject", "arn:aws:s3:::results/results/1.csv"),
    ("report", "s3:PutObject", "arn:aws:s3:::docs/reports/market_data.html"),
    ("claim_files copies", "s3:GetObject", LANDED_FILE),
    ("claim_files copies with tags", "s3:GetObjectTagging", LANDED_FILE),
    ("claim_files removes", "s3:DeleteObject", LANDED_FILE),
    ("claim_files writes", "s3:PutObject", CLAIMED_FILE),
    ("claim_files writes tags", "s3:PutObjectTagging", CLAIMED_FILE),
    *(
        ("publish moves files", action, file)
        for file in SETTLED_FILES
        for action in ("s3:PutObject", "s3:PutObjectTagging")
    ),
    ("a full load's connections are tested", "dms:TestConnection", f"arn:aws:dms:{REGION}:{ACCOUNT}:endpoint:RDS"),
    ("a connection is tested from an instance", "dms:TestConnection", f"arn:aws:dms:{REGION}:{ACCOUNT}:rep:LAKEHOUSE"),
    ("results of tests", "dms:DescribeConnections", "*"),
    ("Athena asks for the default database", "glue:GetDatabase", f"{GLUE}:database/default"),
    ("find_changed_values logs in", "secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/rds-AbCdEf"),
    ("find_changed_values writes", "s3:PutObject", f"{RAW}/raw/changed_by_dms/before.parquet"),
    ("evaluate_market_prices shows what a run wrote", "glue:CreateTable", f"{GLUE}:table/financial_candidates_db/x"),
    ("evaluate_market_prices in place of another", "glue:DeleteTable", f"{GLUE}:table/financial_candidates_db/x"),
    ("evaluate_market_prices", "glue:StartDataQualityRulesetEvaluationRun", f"{GLUE}:dataQualityRuleset/market-prices"),
    ("publish moves tables", "glue:UpdateTable", f"{GLUE}:table/financial_data_db/dim_customers"),
    ("plan reads the watchlist", "s3:GetObject", f"{LAKE}/{WATCHLIST_KEY}"),
    ("plan logs in to the market data API", "secretsmanager:GetSecretValue", f"{TWELVE_DATA}-AbCdEf"),
    *(
        ("ingest keeps answers and its next try reads them", action, f"{RAW}/{key}")
        for action in ("s3:PutObject", "s3:GetObject")
        for key in (
            f"{PRICES_PREFIX}date=2026-11-20/run-0000-0000.json",
            f"{INSTRUMENTS_PREFIX}date=2026-11-20/run.json",
        )
    ),
    ("manifest", "s3:PutObject", f"{RAW}/{MANIFESTS_PREFIX}run-0a1b.json"),
]
AIRFLOW_MAY_NOT = [
    ("trades are the producer's", "kinesis:PutRecords", TRADES_STREAM),
    ("bars are the function's", "dynamodb:PutItem", f"{DYNAMODB}:table/{BARS_TABLE}"),
    ("what the audit found is Glue's to tell", "s3:PutObject", "arn:aws:s3:::docs/jr_1/index.html"),
    ("archived personal data is not read", "s3:GetObject", ARCHIVED_FILE),
    ("raw files are DMS's", "s3:PutObject", RAW_FILE),
    ("raw files are DMS's", "s3:DeleteObject", RAW_FILE),
    ("an archive stays", "s3:DeleteObject", ARCHIVED_FILE),
    ("raw tables are not queried", "glue:GetTable", RAW_TABLE),
    ("scripts are deployed", "s3:PutObject", "arn:aws:s3:::artifacts/glue_scripts/transform_to_star_schema.py"),
    ("DAGs are deployed", "s3:PutObject", "arn:aws:s3:::airflow/mwaa/dags/financial_warehouse_daily.py"),
    ("Data Docs are Glue's", "s3:GetObject", "arn:aws:s3:::docs/jr_1/index.html"),
    ("results expire", "s3:DeleteObject", "arn:aws:s3:::results/results/1.csv"),
    ("the password of DocumentDB is DMS's", "secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/docdb-AbCdEf"),
    ("tokens are Glue's", "secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/tokenization-key-AbCdEf"),
    ("tables are not dropped", "glue:DeleteTable", f"{GLUE}:table/financial_data_db/dim_customers"),
    ("another database", "glue:UpdateTable", f"{GLUE}:table/default/dim_customers"),
    ("databases are not told to DMS anew", "dms:ModifyEndpoint", f"arn:aws:dms:{REGION}:{ACCOUNT}:endpoint:RDS"),
    ("another role", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
]


@pytest.fixture(scope="module")
def airflow(resources) -> RolePolicies:
    return role_policies(resources, "AirflowRole")


@pytest.fixture(scope="module")
def glue(resources) -> RolePolicies:
    return role_policies(resources, "GlueRole")


@pytest.fixture(scope="module")
def transform(resources) -> RolePolicies:
    return role_policies(resources, "TransformRole")


@pytest.fixture(scope="module")
def market_data(resources) -> RolePolicies:
    return role_policies(resources, "MarketDataRole")


@pytest.fixture(scope="module")
def raw_crawler(resources) -> RolePolicies:
    return role_policies(resources, "RawCrawlerRole")


@pytest.fixture(scope="module")
def analytics_crawler(resources) -> RolePolicies:
    return role_policies(resources, "AnalyticsCrawlerRole")


@pytest.fixture(scope="module")
def analyst(resources) -> RolePolicies:
    return role_policies(resources, "AnalystPolicy")


@pytest.fixture(scope="module")
def dms(resources) -> RolePolicies:
    return role_policies(resources, "DmsRole")


@pytest.fixture(scope="module")
def redshift(resources) -> RolePolicies:
    return role_policies(resources, "RedshiftRole")


@pytest.mark.parametrize(("reason", "action", "resource"), AIRFLOW_MAY)
def test_airflow_may(airflow, reason, action, resource) -> None:
    assert airflow.allows(action, resource), reason


@pytest.mark.parametrize(("reason", "action", "resource"), AIRFLOW_MAY_NOT)
def test_airflow_may_not(airflow, reason, action, resource) -> None:
    assert not airflow.allows(action, resource), reason


def test_airflow_sends_metrics_of_its_own_namespaces_only(airflow) -> None:
    assert airflow.allows("cloudwatch:PutMetricData", cloudwatch_namespace="Lakehouse")
    assert not airflow.allows("cloudwatch:PutMetricData", cloudwatch_namespace="AWS/Billing")


@pytest.mark.parametrize("action", S3A_OBJECT_ACTIONS)
def test_glue_may_what_s3a_does_with_objects(glue, action) -> None:
    assert glue.allows(action, DATA_FILE)


@pytest.mark.parametrize("action", S3A_BUCKET_ACTIONS)
def test_glue_may_what_s3a_does_with_the_bucket(glue, action) -> None:
    assert glue.allows(action, LAKE)


@pytest.mark.parametrize("role", ["glue", "transform", "market_data"])
def test_jobs_read_their_scripts_and_no_password(request, role) -> None:
    job = request.getfixturevalue(role)
    assert job.allows("s3:GetObject", "arn:aws:s3:::artifacts/glue_scripts/lakehouse_glue.zip")
    assert not job.allows("s3:PutObject", "arn:aws:s3:::artifacts/glue_scripts/lakehouse_glue.zip")
    assert not job.allows("secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/rds-AbCdEf")


def test_the_transform_alone_of_the_jobs_reads_what_is_archived_and_has_the_key_of_tokens(glue, transform) -> None:
    token_key = f"{SECRET}:lakehouse/tokenization-key-AbCdEf"
    for action, resource in (("s3:GetObject", ARCHIVED_FILE), ("secretsmanager:GetSecretValue", token_key)):
        assert transform.allows(action, resource)
        assert not glue.allows(action, resource)
    assert transform.allows("s3:PutObject", DATA_FILE)
    assert transform.allows("glue:UpdateTable", STAR_TABLE)


def test_the_market_data_job_reads_its_answers_and_no_personal_data(market_data) -> None:
    answers = ("raw/market_data/source=twelve_data/date=2026-11-20/1.json", "manifests/market_data/1.json")
    assert all(market_data.allows("s3:GetObject", f"{RAW}/{key}") for key in answers)
    assert not any(market_data.allows("s3:GetObject", file) for file in (RAW_FILE, ARCHIVED_FILE))
    assert not market_data.allows("secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/tokenization-key-AbCdEf")
    assert market_data.allows("s3:PutObject", DATA_FILE)
    assert market_data.allows("glue:UpdateTable", STAR_TABLE)


def test_the_crawler_of_raw_tables_catalogs_them_and_nothing_else(raw_crawler) -> None:
    assert all(raw_crawler.allows(action, RAW_TABLE) for action in ("glue:CreateTable", "glue:UpdateTable"))
    assert raw_crawler.allows("glue:BatchCreatePartition", f"{GLUE}:table/financial_raw_db/market_data")
    assert raw_crawler.allows("s3:GetObject", RAW_FILE)
    assert not raw_crawler.allows("glue:UpdateTable", STAR_TABLE)
    assert not any(raw_crawler.allows("s3:PutObject", file) for file in (RAW_FILE, DATA_FILE))


def test_the_crawler_of_published_tables_reads_and_catalogs_them_and_writes_nothing_else(
    analytics_crawler, resources_of
) -> None:
    (crawler,) = [found for found in resources_of("AWS::Glue::Crawler") if found.name == "AnalyticsDataCrawler"]
    assert crawler.properties["Role"] == {"Fn::GetAtt": ["AnalyticsCrawlerRole", "Arn"]}
    assert all(analytics_crawler.allows(action, STAR_TABLE) for action in ("glue:CreateTable", "glue:UpdateTable"))
    assert analytics_crawler.allows("s3:GetObject", DATA_FILE)
    assert not any(analytics_crawler.allows("s3:GetObject", file) for file in (RAW_FILE, LANDED_FILE))
    assert not any(analytics_crawler.allows(action, DATA_FILE) for action in ("s3:PutObject", "s3:DeleteObject"))
    assert not any(analytics_crawler.allows(action, RAW_TABLE) for action in ("glue:GetTable", "glue:UpdateTable"))


@pytest.mark.parametrize("role", ["analyst", "glue", "redshift", "airflow"])
def test_who_may_query_the_star_schema_cannot_query_raw_tables(request, role) -> None:
    reader = request.getfixturevalue(role)
    assert reader.allows("s3:GetObject", DATA_FILE)
    assert not reader.allows("glue:GetTable", RAW_TABLE)
    assert not reader.allows("s3:GetObject", ARCHIVED_FILE)


def test_analysts_query_and_read_no_raw_file_and_write_their_results_only(analyst) -> None:
    assert analyst.allows("glue:GetTable", STAR_TABLE)
    assert analyst.allows("athena:StartQueryExecution", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/lakehouse")
    assert analyst.allows("s3:PutObject", "arn:aws:s3:::results/results/1.csv")
    assert not any(analyst.allows("s3:GetObject", file) for file in (RAW_FILE, LANDED_FILE))
    assert not analyst.allows("s3:PutObject", DATA_FILE)


def test_raw_files_are_refused_to_all_but_the_roles_that_carry_them(resources) -> None:
    (policy,) = [resource for resource in resources if resource.name == "RawBucketPolicy"]
    (statement,) = [
        found for found in policy.properties["PolicyDocument"]["Statement"] if found["Sid"] == "PipelineOnly"
    ]
    assert statement["Effect"] == "Deny"
    assert set(statement["Action"]) >= {"s3:GetObject", "s3:PutObject"}
    carriers = statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert {carrier["Ref"] for carrier in carriers} == {
        "DmsRoleArn",
        "RawCrawlerRoleArn",
        "TransformRoleArn",
        "MarketDataRoleArn",
        "AirflowRoleArn",
    }


def test_dms_writes_raw_files_only(dms) -> None:
    assert all(dms.allows(action, RAW_FILE) for action in ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"))
    assert not any(dms.allows(action, DATA_FILE) for action in ("s3:PutObject", "s3:DeleteObject"))
    assert dms.allows("secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/rds-AbCdEf")
    assert not dms.allows("secretsmanager:GetSecretValue", f"{SECRET}:lakehouse/tokenization-key-AbCdEf")


def test_redshift_reads_what_is_published_and_no_raw_file(redshift) -> None:
    assert redshift.allows("s3:GetObject", DATA_FILE)
    assert redshift.allows("s3:GetObject", f"{LAKE}/analytics/_copy_manifests/dim_customers/2-since-1.json")
    assert not any(redshift.allows("s3:GetObject", file) for file in (RAW_FILE, ARCHIVED_FILE, LANDED_FILE))
    assert not redshift.allows("s3:PutObject", DATA_FILE)
