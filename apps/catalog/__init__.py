"""What is sold: product types with attributes, products with variants, categories, tags, images.

Every write goes through `services`, which keeps the stored documents (`ProductDocument`) that lists and details are
read from in the same transaction. How much is in stock belongs to inventory; its rows point at our variants.
"""
