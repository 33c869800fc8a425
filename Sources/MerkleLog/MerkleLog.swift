// MerkleLog: see docs/design/rooms.md.
