"""What is printed where on the pages of a PDF: marks over each other, and words that fall apart."""

import numpy as np
import pypdfium2

OVER = 0.25  # of the smaller box; letters that are set close share less
OUTER = 1.0  # points that a letter may lean over the edge of the page


class PrintedPage:
    """The letters of a page with their boxes (left, bottom, right, top)."""

    def __init__(self, page):
        found = page.get_textpage()
        self.size = page.get_size()
        every = range(found.count_chars())
        given = [(found.get_text_range(at, 1), found.get_charbox(at)) for at in every]
        known = [(text, box) for text, box in given if box[2] > box[0] and box[3] > box[1]]
        self.letters = [text for text, _ in known]
        self.boxes = np.array([box for _, box in known]).reshape(len(known), 4)

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


def faults(pdf):
    """Every fault of every page, as page number, kind and words."""
    for number, page in enumerate(pypdfium2.PdfDocument(pdf), 1):
        found = PrintedPage(page)
        yield from ((number, "over each other", *pair) for pair in found.overprinted())
        yield from ((number, "off the page", words) for words in found.outside())
        yield from ((number, "apart", words) for words in found.fallen_apart())
