"""What people write back by SMS: stored, understood, acted upon, or handed to the desk."""
