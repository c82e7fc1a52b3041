from django.urls import path

from apps.wishlists.api import alerts, sharing, views

urlpatterns = [
    path("wishlists/", views.WishlistsView.as_view(), name="wishlists"),
    path("wishlists/<slug:wishlist_id>/", views.WishlistView.as_view(), name="wishlist"),
    path("wishlists/<slug:wishlist_id>/items/", views.WishesView.as_view(), name="wishlist-items"),
    path("wishlists/<slug:wishlist_id>/items/<uuid:wish_id>/", views.WishView.as_view(), name="wishlist-item"),
    path("wishlists/<slug:wishlist_id>/share/", sharing.SharesView.as_view(), name="wishlist-shares"),
    path("wishlists/<slug:wishlist_id>/share/<uuid:share_id>/", sharing.ShareView.as_view(), name="wishlist-share"),
    path("shared-wishlists/<str:share_token>/", sharing.SharedWishlistView.as_view(), name="shared-wishlist"),
    path("price-alerts/", alerts.PriceAlertsView.as_view(), name="price-alerts"),
    path("price-alerts/<uuid:price_alert_id>/", alerts.PriceAlertView.as_view(), name="price-alert"),
    path("price-alerts/end/<str:end_token>/", alerts.EndPriceAlertView.as_view(), name="end-price-alert"),
]
