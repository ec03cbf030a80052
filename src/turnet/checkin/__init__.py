"""Saying "I am here" without the desk: by SMS, link, the code at the door or the tablet."""
