#!/bin/bash
# MWAA passes an environment's configuration options as AIRFLOW__SECTION__NAME. Those of the section "lakehouse" are the
# DAGs' settings: lakehouse.lake_bucket becomes LAKEHOUSE_LAKE_BUCKET.
for option in $(compgen -e AIRFLOW__LAKEHOUSE__); do
    export "LAKEHOUSE_${option#AIRFLOW__LAKEHOUSE__}=${!option}"
done
