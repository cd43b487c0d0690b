"""The IAM API: moto's, over the local backend."""

from moto.iam.responses import IamResponse


class LocalIamResponse(IamResponse):
    """Its backend is the one that the package installs."""
