// Tests of MerkleLog.
