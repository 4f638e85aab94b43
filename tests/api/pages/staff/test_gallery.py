"""The gallery has every kind of chart, so that a new one is looked at in every light."""

from api.editions import drawing
from api.pages.staff.admin.gallery import gallery_charts


def test_every_kind_of_chart_is_in_the_gallery():
    assert {type(chart) for _, chart in gallery_charts()} == {*drawing.DRAW}
