// Sealing: see docs/design/rooms.md.
