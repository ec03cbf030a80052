"""Taking a booking: on the telephone, walking in, in series, put aside."""
