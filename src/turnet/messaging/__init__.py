"""Every message to a person: kinds, the outbox, composing, delivering. Only `channels` sends."""
