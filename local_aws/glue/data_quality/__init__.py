"""Glue Data Quality: rulesets in DQDL, evaluated on tables of the catalog by the engine of Athena's queries."""
