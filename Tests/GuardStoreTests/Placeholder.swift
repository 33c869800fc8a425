// Tests of GuardStore.
