"""IAM itself. A role's ARN has its path, which its name does not tell."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules
from local_aws.access.roles import role_named

PREFIX = "iam"
GLOBAL = "arn:aws:iam::{Account}:"

_OPERATIONS = {
    f"{GLOBAL}user/{{UserName}}": (
        "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser DeleteUserPolicy"
        " DetachUserPolicy GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser"
        " ListUserPolicies PutUserPolicy TagUser UntagUser UpdateAccessKey UpdateUser"
    ),
    f"{GLOBAL}policy/{{PolicyName}}": "CreatePolicy",
    "{PolicyArn}": (
        "CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy"
        " ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy"
    ),
    f"{GLOBAL}instance-profile/{{InstanceProfileName}}": (
        "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile"
        " RemoveRoleFromInstanceProfile"
    ),
    "*": "GetAccountSummary ListAccountAliases ListGroups ListInstanceProfiles ListPolicies ListRoles ListUsers",
}
_OF_ROLE = (
    "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole"
    " GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags"
    " PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole"
    " UpdateRoleDescription"
)


def _of_role(call: Call) -> Iterator[Need]:
    name = str(call.parameters.get("RoleName", "*"))
    role = role_named(name)
    path = str(call.parameters.get("Path", "/"))
    arn = role.arn if role else f"arn:{call.partition}:iam::{call.account_id}:role{path}{name}"
    policy = call.parameters.get("PolicyArn")
    yield Need(f"iam:{call.operation}", arn, {"iam:policyarn": policy} if policy else {})


RULES = {**rules(PREFIX, _OPERATIONS), **dict.fromkeys(_OF_ROLE.split(), _of_role)}
