"""Links that a task shows in the Airflow UI."""
