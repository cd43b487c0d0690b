"""DMS. Replications are started by their configuration's ARN, tasks by their own."""

from local_aws.access.requests.calls import passing_roles, rules

PREFIX = "dms"

_OPERATIONS = {
    "{ReplicationTaskArn}": (
        "DeleteReplicationTask DescribeTableStatistics ModifyReplicationTask ReloadTables StartReplicationTask"
        " StopReplicationTask"
    ),
    "{ReplicationConfigArn}": (
        "DeleteReplicationConfig DescribeReplicationTableStatistics ModifyReplicationConfig ReloadReplicationTables"
        " StartReplication StopReplication"
    ),
    "{ReplicationInstanceArn}": "DeleteReplicationInstance ModifyReplicationInstance RebootReplicationInstance",
    "{EndpointArn}": "DeleteEndpoint DescribeSchemas ModifyEndpoint",
    "{EndpointArn} {ReplicationInstanceArn}": "DeleteConnection RefreshSchemas TestConnection",
    "{SourceEndpointArn} {TargetEndpointArn} {ReplicationInstanceArn}": "CreateReplicationTask",
    "{SourceEndpointArn} {TargetEndpointArn}": "CreateReplicationConfig",
    "subgrp:{ReplicationSubnetGroupIdentifier}": "DeleteReplicationSubnetGroup",
    "{ResourceArn}": "AddTagsToResource ListTagsForResource RemoveTagsFromResource",
    "*": (
        "CreateEndpoint CreateReplicationInstance CreateReplicationSubnetGroup DescribeAccountAttributes"
        " DescribeCertificates DescribeConnections DescribeEndpointTypes DescribeEndpoints DescribeEvents"
        " DescribeOrderableReplicationInstances DescribeReplicationConfigs DescribeReplicationInstances"
        " DescribeReplicationSubnetGroups DescribeReplicationTasks DescribeReplications"
    ),
}
_PASSED_ROLES = dict.fromkeys(("CreateEndpoint", "ModifyEndpoint"), "S3Settings.ServiceAccessRoleArn")
RULES = passing_roles(rules(PREFIX, _OPERATIONS), "dms.amazonaws.com", _PASSED_ROLES)
