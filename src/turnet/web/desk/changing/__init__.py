"""Moving, cancelling, and writing to the patient."""
