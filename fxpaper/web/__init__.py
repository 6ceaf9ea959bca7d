"""The aiohttp server: REST under /api/v1, WebSocket, auth, OpenAPI, the built page."""
