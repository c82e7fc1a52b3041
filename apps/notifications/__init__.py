"""What people are told: one message row per recipient, event and channel, rendered in their language and sent once."""
