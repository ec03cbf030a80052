"""Patients: finding, reading, putting right, joining."""
