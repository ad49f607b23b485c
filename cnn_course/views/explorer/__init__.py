"""Any network of the course's layers, unit by unit."""
