"""One shape for every list: {count, next, previous, results}."""

from rest_framework import pagination


class PageNumberPagination(pagination.PageNumberPagination):
    """`page` and `page_size`; at most 100 a page."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100
