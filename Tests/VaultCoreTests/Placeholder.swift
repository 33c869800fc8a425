// Tests of VaultCore.
