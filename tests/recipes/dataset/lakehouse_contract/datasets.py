"""What is added to lakehouse_contract/datasets.py, and to its DATASETS."""

from lakehouse_contract.datasets import Dataset

CURRENCIES = Dataset("currencies", dimensions=("currencies",))
