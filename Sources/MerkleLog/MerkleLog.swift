// MerkleLog: a tamper-evident log as pure values: tree, proofs, signed checkpoints, the entry format,
// portable proofs and their checker.
//
// Promises: no I/O, no clock, no randomness of its own; a verdict is a value, never an error; a proof
// is checked with SHA-256 and Ed25519 and nothing else, and opens no other patient's part.
// Never: reads a key it was not handed, prints a part, believes an unauthenticated length.
// Read EntryFrame.swift, StoredEntry.swift and EntryCodec.swift first (what is stored), then
// CompactRange.swift (the tree), Checkpoint.swift (what is signed), ProofCheck.swift (what is believed).
// The formats are in docs/design/log.md.
