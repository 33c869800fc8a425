// GuardStore: see docs/design/rooms.md.
