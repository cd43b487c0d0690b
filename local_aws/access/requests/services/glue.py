"""Glue. What is in the catalog needs the permission on all that it lies in, too (Glue developer guide, Data Catalog
permissions)."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, passing_roles, rules

PREFIX = "glue"
DATABASE = "catalog database/"
TABLE = "catalog database/{DatabaseName} table/{DatabaseName}/"

_OPERATIONS = {
    "catalog": "CreateConnection GetCatalog GetCatalogs GetDataCatalogEncryptionSettings GetCatalogImportStatus",
    "catalog connection/{ConnectionName}": "DeleteConnection",
    "catalog connection/{Name}": "GetConnection UpdateConnection",
    "catalog connection/*": "GetConnections",
    f"{DATABASE}{{Name}}": "GetDatabase UpdateDatabase",
    f"{DATABASE}{{DatabaseInput.Name}}": "CreateDatabase",
    f"{DATABASE}*": "GetDatabases",
    f"{DATABASE}{{Name}} table/{{Name}}/* userDefinedFunction/{{Name}}/*": "DeleteDatabase",
    f"{DATABASE}{{DatabaseName}} userDefinedFunction/{{DatabaseName}}/{{FunctionName}}": (
        "DeleteUserDefinedFunction GetUserDefinedFunction UpdateUserDefinedFunction"
    ),
    f"{DATABASE}{{DatabaseName}} userDefinedFunction/{{DatabaseName}}/*": "GetUserDefinedFunctions",
    f"{DATABASE}{{DatabaseName}}": "CreateUserDefinedFunction",
    f"{TABLE}{{Name}}": "DeleteTable GetTable",
    f"{TABLE}{{Name}}|table/{{DatabaseName}}/{{TableInput.Name}}": "CreateTable",
    f"{TABLE}{{TableInput.Name}}": "UpdateTable",
    f"{TABLE}*": "GetTables",
    f"{DATABASE}* table/*/*": "SearchTables",
    f"{TABLE}{{TablesToDelete}}": "BatchDeleteTable",
    f"{TABLE}{{TableName}}": (
        "BatchCreatePartition BatchDeletePartition BatchDeleteTableVersion BatchGetPartition BatchUpdatePartition"
        " CreatePartition CreatePartitionIndex DeleteColumnStatisticsForPartition DeleteColumnStatisticsForTable"
        " DeletePartition DeletePartitionIndex DeleteTableVersion GetColumnStatisticsForPartition"
        " GetColumnStatisticsForTable GetPartition GetPartitionIndexes GetPartitions GetTableVersion GetTableVersions"
        " UpdateColumnStatisticsForPartition UpdateColumnStatisticsForTable UpdatePartition"
    ),
    "crawler/{Name}": "DeleteCrawler GetCrawler StartCrawler StopCrawler UpdateCrawler",
    "crawler/{CrawlerName}": "ListCrawls",
    "crawler/{CrawlerNames}": "BatchGetCrawlers",
    "job/{JobName}": "BatchStopJobRun DeleteJob GetJob GetJobRun GetJobRuns StartJobRun UpdateJob",
    "job/{JobNames}": "BatchGetJobs",
    "job/{Name}": "CreateJob",
    "trigger/{Name}": "CreateTrigger DeleteTrigger GetTrigger StartTrigger StopTrigger UpdateTrigger",
    "workflow/{Name}": (
        "CreateWorkflow DeleteWorkflow GetWorkflow GetWorkflowRun GetWorkflowRunProperties GetWorkflowRuns"
        " PutWorkflowRunProperties ResumeWorkflowRun StartWorkflowRun StopWorkflowRun UpdateWorkflow"
    ),
    "dataQualityRuleset/{Name}": "DeleteDataQualityRuleset GetDataQualityRuleset UpdateDataQualityRuleset",
    "dataQualityRuleset/{RulesetNames}": "StartDataQualityRulesetEvaluationRun",
    "dataQualityRuleset/*": (
        "CancelDataQualityRulesetEvaluationRun GetDataQualityResult GetDataQualityRulesetEvaluationRun"
        " ListDataQualityResults ListDataQualityRulesetEvaluationRuns ListDataQualityRulesets BatchGetDataQualityResult"
    ),
    "registry/{RegistryName}": "CreateRegistry",
    "session/{Id}": "CreateSession DeleteSession GetSession StopSession",
    "{ResourceArn}": "GetTags TagResource UntagResource",
    "*": (
        "CreateClassifier CreateCrawler CreateDataQualityRuleset CreateSecurityConfiguration DeleteClassifier"
        " DeleteSecurityConfiguration GetClassifier GetClassifiers GetCrawlerMetrics GetCrawlers GetJobBookmark GetJobs"
        " GetSecurityConfiguration GetSecurityConfigurations GetTriggers ListCrawlers ListJobs ListRegistries"
        " ListSessions ListTriggers ListWorkflows ResetJobBookmark StartCrawlerSchedule StopCrawlerSchedule"
        " UpdateClassifier UpdateCrawlerSchedule"
    ),
}
_PASSED_ROLES = {
    "CreateCrawler": "Role",
    "CreateJob": "Role",
    "StartDataQualityRulesetEvaluationRun": "Role",
    "UpdateCrawler": "Role",
    "UpdateJob": "JobUpdate.Role",
}
_ACTIONS = {"BatchGetDataQualityResult": "GetDataQualityResult"}
RULES = passing_roles(rules(PREFIX, _OPERATIONS, _ACTIONS), "glue.amazonaws.com", _PASSED_ROLES)

# Glue developer guide, "AWS Glue REST APIs for Apache Iceberg specifications": each operation's IAM action.
_ICEBERG_ACTIONS = {
    "GET config": ("GetCatalog", "catalog"),
    "GET namespaces": ("GetDatabases", "catalog database/*"),
    "POST namespaces": ("CreateDatabase", "catalog database/{namespace}"),
    "GET namespaces/": ("GetDatabase", "catalog database/{namespace}"),
    "HEAD namespaces/": ("GetDatabase", "catalog database/{namespace}"),
    "DELETE namespaces/": ("DeleteDatabase", "catalog database/{namespace} table/{namespace}/*"),
    "POST namespaces/properties": ("UpdateDatabase", "catalog database/{namespace}"),
    "GET namespaces/tables": ("GetTables", "catalog database/{namespace} table/{namespace}/*"),
    "POST namespaces/tables": ("CreateTable", "catalog database/{namespace} table/{namespace}/{name}"),
    "POST namespaces/register": ("CreateTable", "catalog database/{namespace} table/{namespace}/{name}"),
    "GET namespaces/tables/": ("GetTable", "catalog database/{namespace} table/{namespace}/{table}"),
    "HEAD namespaces/tables/": ("GetTable", "catalog database/{namespace} table/{namespace}/{table}"),
    "POST namespaces/tables/": ("UpdateTable", "catalog database/{namespace} table/{namespace}/{table}"),
    "DELETE namespaces/tables/": ("DeleteTable", "catalog database/{namespace} table/{namespace}/{table}"),
}
# Of what stands in for Iceberg's GlueCatalog in jobs: that has no configuration, and which of a table's rights a commit
# needs depends on whether the table is there.
ASKED_BY_THE_CATALOG = frozenset(
    {"GET config", "POST namespaces/tables", "POST namespaces/tables/", "POST tables/rename"}
)


def iceberg_needs(call: Call) -> Iterator[Need] | None:
    """Of a request of the Iceberg REST protocol, whose operation is its method and its path without names.

    None of an operation that Glue does not have.
    """
    if call.operation not in _ICEBERG_ACTIONS:
        return None
    action, templates = _ICEBERG_ACTIONS[call.operation]
    (rule,) = rules(PREFIX, {templates: action}).values()
    return iter(rule(call))
