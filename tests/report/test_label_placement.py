"""Labels of a plot: on no other label, on no marker, within the frame."""

import random
from itertools import combinations

from text2sql.report.label_placement import Box, box_around, leader, place_labels

FRAME = Box(0, 0, 400, 300)


def test_crowded_labels_overlap_neither_each_other_nor_a_marker():
    generator = random.Random(1)
    points = [(generator.uniform(150, 250), generator.uniform(120, 180)) for _ in range(10)]
    boxes = place_labels(points, [(60, 12)] * 10, [], FRAME, 5)
    placed = [box for box in boxes if box is not None]
    assert len(placed) >= 8
    assert not any(one.overlaps(other) for one, other in combinations(placed, 2))
    assert not any(box.overlaps(box_around(x, y, 5)) for box in placed for x, y in points)
    assert all(box.within(FRAME) for box in placed)


def test_label_prefers_a_place_that_crosses_no_bar():
    bars = [Box(0, 149, 400, 151), Box(199, 0, 201, 300)]
    (box,) = place_labels([(200, 150)], [(60, 12)], bars, FRAME, 5)
    assert box is not None
    assert not any(box.overlaps(bar) for bar in bars)
    assert leader((200, 150), box, 5) is None


def test_label_stays_inside_a_corner_and_is_left_out_where_nothing_is_free():
    corner, too_wide = place_labels([(398, 2), (200, 150)], [(60, 12), (500, 12)], [], FRAME, 5)
    assert corner is not None
    assert corner.within(FRAME)
    assert too_wide is None


def test_far_label_has_a_line_to_its_edge():
    assert leader((0, 0), Box(40, 30, 100, 42), 5) == (40, 30)
