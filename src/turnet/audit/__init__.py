"""Who saw, changed and exported what, and when; visits keep their own history in `booking`."""
