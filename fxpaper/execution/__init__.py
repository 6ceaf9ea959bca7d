"""Brokers: what turns an approved command into events."""
