"""The harness: drives any web framework over real sockets and judges what it did."""
