"""The local Parameter Store's backend: moto's, in a form that can be kept on disk."""

from collections import defaultdict
from functools import partial
from typing import Any

from moto.ssm.models import ParameterDict, SimpleSystemManagerBackend, ssm_backends


class KeptParameters(ParameterDict):
    """All versions of each parameter, by its name."""

    def __reduce__(self) -> tuple[Any, ...]:
        return KeptParameters, (self.account_id, self.region_name), vars(self), None, iter(dict.items(self))


class LocalSSMBackend(SimpleSystemManagerBackend):
    """Parameter Store in one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._parameters = KeptParameters(account_id, region_name)
        self._resource_tags = defaultdict(partial(defaultdict, dict))


__all__ = ["LocalSSMBackend", "ssm_backends"]
