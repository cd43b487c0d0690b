"""CodeStar Connections: connections to code hosts. Nobody completes the handshake here, so they stay pending."""


def install() -> None:
    from local_aws.announcement import announce
    from local_aws.codestar_connections import cloudformation, models  # noqa: F401 - moto finds loaded classes

    announce("codestar-connections", models)
