"""A clinic with made-up people, ready to click: `turnet demo`. Nothing here runs outside the demo."""
