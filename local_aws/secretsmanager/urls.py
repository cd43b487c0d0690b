"""Where moto finds the actions of the local Secrets Manager."""

from local_aws.secretsmanager.responses import LocalSecretsManagerResponse

url_bases = [r"https?://secretsmanager\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalSecretsManagerResponse.dispatch}
