from django.urls import path

from apps.notifications.api.webhooks import receive_from_twilio

urlpatterns = [path("notifications/webhooks/twilio/", receive_from_twilio, name="twilio-reports")]
