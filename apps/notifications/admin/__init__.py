"""What people were told, and in which words."""

from apps.notifications.admin import mails
from apps.notifications.admin.messages import masked_recipient, shown_words

__all__ = ["mails", "masked_recipient", "shown_words"]
