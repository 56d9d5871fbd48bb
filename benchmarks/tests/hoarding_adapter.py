"""An adapter that does what streaming is to rule out: it has every body in memory, in one piece."""

from __future__ import annotations

from collections.abc import AsyncIterator

from conformance.adapter import Adapter
from conformance.adapters.reference import ReferenceAdapter
from reference import Request, Response


class HoardingAdapter(ReferenceAdapter):
    name = "hoarding"

    async def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        yield await request.read()

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return Response(b"".join([piece async for piece in pieces]), content_type=content_type)


if __name__ == "__main__":
    adapter: Adapter = HoardingAdapter()
    adapter.main()
