"""Floor 2: how each target says what Kong does; one folder a target, found by entry point."""
