from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.catalog.models import MOST_STARS
from apps.reviews.models import COMMENT_LENGTH, REPLY_LENGTH, TITLE_LENGTH, Review


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A review as everybody reads it. All words are plain text: show them as text, never as HTML."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    author_name = serializers.CharField(
        source="author.first_name", read_only=True, help_text="The first name alone; may be empty."
    )

    class Meta:
        model = Review
        fields = ["id", "rating", "title", "comment", "author_name", "reply", "replied_at", "created_at", "updated_at"]
        read_only_fields = fields


class ReviewedProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    slug = serializers.CharField()
    name = serializers.CharField()


class OwnReviewSerializer(ReviewSerializer):
    """A review as its author and those who moderate read it."""

    product = ReviewedProductSerializer(read_only=True)

    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "product", "status", "reason", "is_shown"]
        read_only_fields = fields


class ReviewInput(serializers.Serializer[Any]):
    rating = serializers.IntegerField(min_value=1, max_value=MOST_STARS)
    title = serializers.CharField(max_length=TITLE_LENGTH, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=COMMENT_LENGTH, required=False, allow_blank=True)


class ReviewChangeInput(ReviewInput):
    rating = serializers.IntegerField(min_value=1, max_value=MOST_STARS, required=False)


class ReplyInput(serializers.Serializer[Any]):
    reply = serializers.CharField(max_length=REPLY_LENGTH)
