"""CloudFormation's operations where moto's answers do not know all of the template language."""

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from local_aws.cloudformation.stack import LocalStack
from local_aws.cloudformation.template import summary_of


class LocalCloudFormationResponse(CloudFormationResponse):
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
