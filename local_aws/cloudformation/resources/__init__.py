"""Resource types that moto's CloudFormation lacks, or creates without properties that matter here."""


def register() -> None:
    """Importing a model is what makes moto find it."""
    from local_aws.cloudformation.resources import inline_policy, managed_policy, policies, role, secret, topic  # noqa: F401
