"""Fan-out of quotes, events and states to whoever listens."""
