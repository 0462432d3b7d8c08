"""What stands on a page: ink on paper, without rulings; its strokes, and which of them are one digit."""
