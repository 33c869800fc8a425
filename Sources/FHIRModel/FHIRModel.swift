// FHIRModel: see docs/design/rooms.md.
