"""Which operations change the local Glue, and how its catalog, jobs, crawlers and data quality are kept."""

from local_aws.glue.lock import glue_lock
from local_aws.state.declaration import Collection, ServiceState, never_changes
from local_aws.state.operations import changing_operations

_VERSIONS = Collection("versions", revision=never_changes)
_PARTITIONS = Collection("partitions", revision=never_changes)
_TABLES = Collection("tables", revision=lambda table: table.revision, within=(_VERSIONS, _PARTITIONS))
_JOB_RUNS = Collection("job_runs", revision=lambda run: run.completed_on)
_CRAWLS = Collection("crawls", revision=lambda crawl: crawl.end_time)

STATE = ServiceState(
    is_changing=changing_operations(
        "BatchCreatePartition",
        "BatchDeletePartition",
        "BatchDeleteTable",
        "BatchDeleteTableVersion",
        "BatchStopJobRun",
        "BatchUpdatePartition",
        "CancelDataQualityRulesetEvaluationRun",
        "CreateConnection",
        "CreateCrawler",
        "CreateDataQualityRuleset",
        "CreateDatabase",
        "CreateJob",
        "CreatePartition",
        "CreateRegistry",
        "CreateSchema",
        "CreateSecurityConfiguration",
        "CreateTable",
        "DeleteCrawler",
        "DeleteDataQualityRuleset",
        "DeleteDatabase",
        "DeleteJob",
        "DeletePartition",
        "DeleteRegistry",
        "DeleteResourcePolicy",
        "DeleteSchema",
        "DeleteSecurityConfiguration",
        "DeleteTable",
        "DeleteTableVersion",
        "PutDataCatalogEncryptionSettings",
        "PutResourcePolicy",
        "PutSchemaVersionMetadata",
        "RegisterSchemaVersion",
        "StartCrawler",
        "StartDataQualityRulesetEvaluationRun",
        "StartJobRun",
        "StopCrawler",
        "TagResource",
        "UntagResource",
        "UpdateCrawler",
        "UpdateDataQualityRuleset",
        "UpdateDatabase",
        "UpdateJob",
        "UpdatePartition",
        "UpdateSchema",
        "UpdateTable",
    ),
    collections=(
        Collection("databases", within=(_TABLES,)),
        Collection("jobs", within=(_JOB_RUNS,)),
        Collection("crawlers", within=(_CRAWLS,)),
        Collection("data_quality_rulesets", revision=lambda ruleset: ruleset.last_modified_on),
        Collection("data_quality_runs", revision=lambda run: run.completed_on),
        Collection("data_quality_results", revision=never_changes),
    ),
    lock=glue_lock,
)
