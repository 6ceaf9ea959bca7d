"""Long-running roles as recipes."""
