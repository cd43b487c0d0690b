from local_aws.server import serve

serve()
