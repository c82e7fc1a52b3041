"""Which messages nobody but their reader may see: what they say opens an account, or all that the shop knows of one."""

from apps.notifications.models import Message

CODE = "••••••"  # stands in a message until the code takes its place while the message is handed over

# Staff who could read them would have their boss's account too.
SECRET_TEMPLATES = {"change_email", "data_export", "reset_password", "verify_email"}


def holds_a_secret(message: Message) -> bool:
    return message.template in SECRET_TEMPLATES or message.step_up_number is not None
