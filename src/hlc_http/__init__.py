"""The aiohttp service: public API, operator API, pages."""
