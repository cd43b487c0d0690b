"""CloudFormation's operations where moto's answers do not know all of the template language, or any size passes.

The limits: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

from local_aws.cloudformation.stack import LocalStack
from local_aws.cloudformation.template import summary_of

MOST_BODY_BYTES = 51_200
MOST_OBJECT_BYTES = 1_000_000
AWS_DOMAIN = ".amazonaws.com"


class LocalCloudFormationResponse(CloudFormationResponse):
    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        value = super()._get_param(param_name, if_none)
        if param_name == "TemplateBody" and value and len(value.encode()) > MOST_BODY_BYTES:
            raise ValidationError(
                message=f"1 validation error detected: Value '{value}' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MOST_BODY_BYTES}"
            )
        return value

    def _get_stack_from_s3_url(self, template_url: str) -> str:
        bucket, key = self._bucket_and_key(template_url)
        try:
            found = s3_backends[self.current_account][self.partition].get_object(bucket, key)
        except MissingBucket:
            raise ValidationError(message="S3 error: The specified bucket does not exist") from None
        if found is None:
            raise ValidationError(message="S3 error: The specified key does not exist.")
        template = bytes(found.value)
        if len(template) > MOST_OBJECT_BYTES:
            raise ValidationError(message=f"Template may not exceed {MOST_OBJECT_BYTES} bytes in size.")
        return template.decode()

    def _bucket_and_key(self, url: str) -> tuple[str, str]:
        """Of a URL with the bucket in its path, of the endpoint or of S3, or with the bucket before S3's host."""
        parts = urlsplit(url)
        host, path = parts.netloc, unquote(parts.path).lstrip("/")
        bucket, separator, _ = host.partition(".s3")
        if separator and host.endswith(AWS_DOMAIN):
            return bucket, path
        is_of_s3 = host.startswith("s3") and host.endswith(AWS_DOMAIN)
        if "/" not in path or not (is_of_s3 or host == urlsplit(self.uri).netloc):
            raise ValidationError(message="TemplateURL must be an Amazon S3 URL.")
        bucket, _, key = path.partition("/")
        return bucket, key

    def update_termination_protection(self) -> ActionResult:
        stack = self.cloudformation_backend.update_termination_protection(
            self._get_param("StackName"), is_enabled=self._get_bool_param("EnableTerminationProtection")
        )
        return ActionResult({"StackId": stack.stack_id})

    def list_stacks(self) -> ActionResult:
        """Those that were deleted, too (CloudFormation API reference, ListStacks)."""
        stacks = self.cloudformation_backend.list_stacks(self._get_param("StackStatusFilter", []))
        return ActionResult({"StackSummaries": [_summary(stack) for stack in stacks]})

    def create_stack_set(self) -> NoReturn:
        raise NotImplementedError("Stack sets (CreateStackSet): create a stack")

    def _validate_different_update(self, incoming_params: Any, stack_body: str, old_stack: Any) -> None:
        """Left to the backend: UpdateStack refuses an update without changes, of which a change set may be made."""

    def get_template_summary(self) -> ActionResult:
        return ActionResult(summary_of(LocalStack.parse_template(self._template_to_summarize())))

    def _template_to_summarize(self) -> str:
        if name := self._get_param("StackName"):
            stack = self.cloudformation_backend.get_stack(name)
            if stack.status == "REVIEW_IN_PROGRESS":
                raise ValidationError(message="GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
            return stack.template
        if url := self._get_param("TemplateURL"):
            return self._get_stack_from_s3_url(url)
        return self._get_param("TemplateBody")


def _summary(stack: LocalStack) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "TemplateDescription": stack.description,
        "CreationTime": stack.creation_time,
        "StackStatus": stack.status,
        "StackStatusReason": stack.stack_status_reason,
    }
