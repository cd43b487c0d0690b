"""DQDL, the Data Quality Definition Language: its grammar, what its rule types take, and rulesets as plain dataclasses.

Sources: AWS Glue developer guide, "Data Quality Definition Language (DQDL) reference" (dqdl.html), and the grammar that
AWS publishes at https://github.com/awslabs/dqdl (configuration/dqdl/DataQualityDefinitionLanguage.g4).
"""
