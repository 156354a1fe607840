"""What is said of a proto the generator does not take."""


class Refused(Exception):
    """A proto the generator does not take; the text says where and why."""
