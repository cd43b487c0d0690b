"""What the pipelines share: settings, defaults, sources, assets and task groups."""
