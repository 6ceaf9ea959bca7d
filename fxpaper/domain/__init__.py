"""The words of the field as small frozen types. No clock, no input, no output."""
