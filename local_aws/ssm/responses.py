"""The Systems Manager API: of moto's the operations of parameters, and the tags that they have."""

import re

from moto.core.common_types import TYPE_RESPONSE
from moto.ssm.responses import SimpleSystemManagerResponse

OPERATIONS = re.compile(r"[A-Z][a-z]+Parameter\w*|(AddTagsTo|RemoveTagsFrom|ListTagsFor)Resource")


class LocalSSMResponse(SimpleSystemManagerResponse):
    def call_action(self) -> TYPE_RESPONSE:
        name = self._get_action()
        if not OPERATIONS.fullmatch(name):
            raise NotImplementedError(f"The operation {name}: of Systems Manager there is Parameter Store here")
        return super().call_action()
