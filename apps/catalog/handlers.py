from apps.catalog import services
from apps.catalog.events import PictureAdded, PictureDiscarded
from apps.outbox.events import handles


@handles(PictureAdded)
def make_renditions(event: PictureAdded) -> None:
    services.make_renditions(file=event.file)


@handles(PictureDiscarded)
def delete_discarded_picture(event: PictureDiscarded) -> None:
    widths = [int(width) for width in event.widths.split()]
    services.delete_picture(file=event.file, stem=event.rendition_stem, widths=widths)
