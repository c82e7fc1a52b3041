from django.urls import path

from apps.reviews.api import views

urlpatterns = [
    path("products/<slug:name>/reviews/", views.ProductReviewsView.as_view(), name="product-reviews"),
    path("reviews/", views.OwnReviewsView.as_view(), name="reviews"),
    path("reviews/<uuid:review_id>/", views.ReviewView.as_view(), name="review"),
    path("reviews/<uuid:review_id>/reply/", views.ReplyView.as_view(), name="review-reply"),
]
