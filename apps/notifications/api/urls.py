from django.urls import path

from apps.notifications.api.unsubscribe import UnsubscribeView
from apps.notifications.api.webhooks import hear_from_twilio, receive_from_twilio

urlpatterns = [
    path("notifications/webhooks/twilio/", receive_from_twilio, name="twilio-reports"),
    path("notifications/webhooks/twilio/inbound/", hear_from_twilio, name="twilio-inbound"),
    path("notifications/unsubscribe/<str:unsubscribe_token>/", UnsubscribeView.as_view(), name="unsubscribe"),
]
