"""CloudFormation: moto's template language, with stacks that fail and roll back instead of leaving things out."""


def install() -> None:
    from moto.cloudformation.models import cloudformation_backends

    from local_aws.cloudformation import resources
    from local_aws.cloudformation.models import LocalCloudFormationBackend

    resources.register()
    cloudformation_backends.backend = LocalCloudFormationBackend
