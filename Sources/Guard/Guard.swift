// Guard: see docs/design/rooms.md.
