// Records: see docs/design/rooms.md.
