"""From a payload to a sized, checked, explained order."""
