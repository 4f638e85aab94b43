"""What is printed where on the pages of a PDF: marks over each other, words that fall apart, and
letters that are too small.
"""

import numpy as np
import pypdfium2
from pypdfium2 import raw

OVER = 0.25  # of the smaller box; letters that are set close share less
OUTER = 1.0  # points that a letter may lean over the edge of the page
SMALLEST = 6.5  # points of a letter


class PrintedPage:
    """The letters of a page with their boxes (left, bottom, right, top)."""

    def __init__(self, page):
        found = page.get_textpage()
        self.size = page.get_size()
        every = range(found.count_chars())
        given = [
            (found.get_text_range(at, 1), found.get_charbox(at), letter_size(found, at))
            for at in every
        ]
        known = [one for one in given if one[1][2] > one[1][0] and one[1][3] > one[1][1]]
        self.letters = [text for text, _, _ in known]
        self.boxes = np.array([box for _, box, _ in known]).reshape(len(known), 4)
        self.sizes = np.array([size for _, _, size in known])

    def overprinted(self):
        """Pieces of text that are printed over each other."""
        left, bottom, right, top = self.boxes.T
        wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        high = np.minimum(top[:, None], top) - np.maximum(bottom[:, None], bottom)
        area = (right - left) * (top - bottom)
        share = np.clip(wide, 0, None) * np.clip(high, 0, None) / np.minimum(area[:, None], area)
        for a, b in zip(*np.nonzero(np.triu(share > OVER, 1)), strict=True):
            yield self.around(a), self.around(b)

    def around(self, at):
        return "".join(self.letters[max(at - 12, 0) : at + 12])

    def outside(self):
        """Letters beyond the edge of the page."""
        left, bottom, right, top = self.boxes.T
        out = (left < -OUTER) | (bottom < -OUTER)
        out |= (right > self.size[0] + OUTER) | (top > self.size[1] + OUTER)
        return [self.around(at) for at in np.flatnonzero(out)]

    def fallen_apart(self):
        """Words of which three letters or more stand one below the other."""
        low = self.boxes[:, 1]
        middle = (self.boxes[:, 0] + self.boxes[:, 2]) / 2
        below = (np.diff(low) < -3) & (np.abs(np.diff(middle)) < 3)
        for at in range(len(below) - 1):
            three = self.letters[at : at + 3]
            if below[at] and below[at + 1] and all(one.isalnum() for one in three):
                yield self.around(at)

    def small(self):
        """The letters that are too small, by their size."""
        for size in np.unique(self.sizes[self.sizes < SMALLEST - 0.01].round(1)):
            of_size = np.flatnonzero(self.sizes.round(1) == size)
            yield f"{size}: {self.around(of_size[0])}"


def letter_size(found, at):
    """The size in points of a letter as printed: a chart is printed smaller than it is drawn."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(found, at, matrix)
    area = abs(matrix.a * matrix.d - matrix.b * matrix.c)
    return raw.FPDFText_GetFontSize(found, at) * area**0.5


def faults(pdf):
    """Every fault of every page, as page number, kind and words."""
    for number, page in enumerate(pypdfium2.PdfDocument(pdf), 1):
        found = PrintedPage(page)
        yield from ((number, "over each other", *pair) for pair in found.overprinted())
        yield from ((number, "off the page", words) for words in found.outside())
        yield from ((number, "apart", words) for words in found.fallen_apart())
        yield from ((number, "small", words) for words in found.small())
