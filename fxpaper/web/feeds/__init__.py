"""What a socket can subscribe to, one feed per file."""
