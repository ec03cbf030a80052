"""Copies of everything a clinic would miss, kept, checked, and put back."""
