"""What the clinic is: locations, rooms, services, practitioners, hours and closures."""
