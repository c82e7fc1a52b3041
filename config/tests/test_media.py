import pytest
from django.core.exceptions import ImproperlyConfigured

from config.media import check_kind, cloudinary_storage, origins_of, s3_storage

BUCKET = {"bucket": "pictures", "region": "", "endpoint": "", "key": "", "secret": "", "public_url": ""}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"bucket": ""}, "S3_BUCKET"),
        ({"endpoint": "minio:9000"}, "S3_ENDPOINT_URL"),
        ({"public_url": "cdn.shop.example"}, "S3_PUBLIC_URL"),
        ({"key": "k"}, "S3_SECRET_ACCESS_KEY"),
    ],
)
def test_a_bucket_that_is_half_described_is_refused_by_the_settings_name(change, name):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is missing or unfit: "):
        s3_storage(**BUCKET | change)


@pytest.mark.parametrize("address", ["", "https://key:secret@cloud", "cloudinary://cloud", "cloudinary://key@cloud"])
def test_an_account_at_cloudinary_is_named_whole(address):
    with pytest.raises(ImproperlyConfigured, match=r"^CLOUDINARY_URL is missing or unfit: "):
        cloudinary_storage(address=address, api_base="https://api.cloudinary.com")


def test_there_are_three_places():
    with pytest.raises(ImproperlyConfigured, match=r"^MEDIA_STORAGE is missing or unfit: choose one of local, s3"):
        check_kind("floppy")


@pytest.mark.parametrize(
    ("entry", "media_url", "origins"),
    [
        ({}, "/media/", []),
        ({}, "https://cdn.shop.example/m/", ["https://cdn.shop.example"]),
        (
            s3_storage(**BUCKET | {"region": "eu-west-1"}),
            "/media/",
            ["https://pictures.s3.amazonaws.com", "https://pictures.s3.eu-west-1.amazonaws.com"],
        ),
        (
            s3_storage(**BUCKET | {"endpoint": "https://s3.example:9000/"}),
            "/media/",
            ["https://s3.example:9000", "https://pictures.s3.example:9000"],
        ),
        (s3_storage(**BUCKET | {"public_url": "https://cdn.example/x"}), "/media/", ["https://cdn.example"]),
        (
            cloudinary_storage(address="cloudinary://k:s@demo", api_base="https://api.cloudinary.com"),
            "/media/",
            ["https://res.cloudinary.com"],
        ),
    ],
    ids=["disk", "disk behind a network", "amazon", "another server", "bucket behind a network", "cloudinary"],
)
def test_the_admin_may_show_pictures_from_where_they_are(entry, media_url, origins):
    assert origins_of(entry, media_url) == origins
