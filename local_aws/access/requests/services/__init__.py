"""What the operations of each service need: a module per service, named as moto names it, with its `RULES`."""
