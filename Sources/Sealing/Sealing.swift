// Sealing: everything that turns plaintext into ciphertext and back, and the keys that do it.
//
// Promises: pure functions over bytes; no file, no clock, no randomness that was not handed in; keys
// live in locked memory and are zeroed when their last owner lets go; every sealed byte is bound to
// the place it belongs to, so that a moved, swapped or rolled-back version does not open; nothing that
// was not authenticated first is decompressed, parsed or returned.
// Never: prints a key, tells "wrong key" from "altered bytes", or falls back to anything weaker.
//
// Read Record/RecordSealer.swift first, then Chunked/Cobblestone.swift and Keys/KeyHierarchy.swift.
