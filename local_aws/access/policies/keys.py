"""Condition keys whose values the endpoint knows, so that their absence means what it means on AWS."""

GLOBAL_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        # Of an account outside an organization.
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceorgid",
    }
)
# Of two requests of a session they may have different values.
REQUEST_KEYS = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:referer",
        "aws:requestedregion",
        "aws:sourceip",
        "aws:useragent",
    }
)
TAGS_OF_PRINCIPALS = "aws:principaltag/"

# Per service the keys that its requests here give a value to when AWS does.
SERVICE_KEYS: dict[str, frozenset[str]] = {
    "cloudwatch": frozenset({"cloudwatch:namespace"}),
    "iam": frozenset({"iam:passedtoservice", "iam:policyarn"}),
    "lambda": frozenset({"lambda:eventsourcetoken", "lambda:functionarn"}),
    "kms": frozenset({"kms:viaservice"}),
    "redshift-data": frozenset({"redshift-data:statement-owner-iam-userid"}),
    "s3": frozenset({"s3:delimiter", "s3:max-keys", "s3:prefix", "s3:versionid", "s3:x-amz-acl"}),
    "secretsmanager": frozenset({"secretsmanager:secretid", "secretsmanager:versionstage"}),
    "sts": frozenset({"sts:externalid", "sts:rolesessionname"}),
}


def is_known_key(key: str, action: str) -> bool:
    """Whether a request of the action without a value for the key has none on AWS either."""
    prefix = key.partition(":")[0]
    if prefix == "aws":
        return key in GLOBAL_KEYS or key.startswith(TAGS_OF_PRINCIPALS)
    service = action.partition(":")[0].lower()
    return prefix != service or key in SERVICE_KEYS.get(prefix, frozenset())


def is_constant_key(key: str) -> bool:
    """Whether the key has the same value, or none, in all requests of a session."""
    return key in GLOBAL_KEYS - REQUEST_KEYS or key.startswith(TAGS_OF_PRINCIPALS)
